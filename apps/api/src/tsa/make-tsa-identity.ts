/**
 * A key and a certificate for the service's own timestamping authority, made on first start: ECDSA on P-256, self-signed,
 * critical sole extended key usage timeStamping (RFC 3161 §2.3). Nobody vouches for it, and its name and its policy notice
 * say so: it is not qualified.
 */
import { randomBytes, webcrypto } from 'node:crypto';
import { formatPem, OID } from '@cunzheng/x509';
import {
  BitString,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  Set as Asn1Set,
  Utf8String,
} from 'asn1js';
import { Certificate, Extension, RelativeDistinguishedNames } from 'pkijs';

export interface TsaSubject {
  readonly operator: string;
  /** Host part of the log's origin, or what stands for it. */
  readonly service: string;
  /** Dotted decimal. */
  readonly policy: string;
  readonly nowMs: number;
}

const LIFETIME_YEARS = 10;
const NOTICE = 'Not a qualified timestamp certificate: made by the service itself, vouched for by nobody';
const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';
const USER_NOTICE = '1.3.6.1.5.5.7.2.2';
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** PEM: the private key (PKCS #8), then the certificate. */
export async function makeTsaIdentity(subject: TsaSubject): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const certificate = await makeCertificate(subject, keys);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const der = new Uint8Array(certificate.toSchema(true).toBER());
  return formatPem(new Uint8Array(key), 'PRIVATE KEY') + formatPem(der, 'CERTIFICATE');
}

async function makeCertificate(subject: TsaSubject, keys: webcrypto.CryptoKeyPair): Promise<Certificate> {
  const certificate = new Certificate({ version: 2 });
  certificate.serialNumber = new Integer({ valueHex: Uint8Array.of(0x40, ...randomBytes(15)) });
  certificate.subject = name(subject);
  certificate.issuer = name(subject);
  const begin = new Date(subject.nowMs - (subject.nowMs % 1000) - 3_600_000);
  const end = new Date(begin);
  end.setUTCFullYear(begin.getUTCFullYear() + LIFETIME_YEARS);
  certificate.notBefore.value = begin;
  certificate.notAfter.value = end;
  certificate.extensions = extensions(subject.policy);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(keys.privateKey, 'SHA-256');
  return certificate;
}

/** Organization and common name, each a relative name of its own; pkijs by itself would put them into one. */
function name({ operator, service }: TsaSubject): RelativeDistinguishedNames {
  const part = (oid: string, value: string): Asn1Set =>
    new Asn1Set({
      value: [new Sequence({ value: [new ObjectIdentifier({ value: oid }), new Utf8String({ value })] })],
    });
  const parts = [part(ORGANIZATION, operator.slice(0, 64)), part(COMMON_NAME, commonName(service))];
  // Read back: pkijs keeps apart only what it has read.
  return new RelativeDistinguishedNames({ schema: fromBER(new Sequence({ value: parts }).toBER()).result });
}

/** A common name has at most 64 characters (RFC 5280, appendix A). */
function commonName(service: string): string {
  return `${service.slice(0, 64 - ' TSA (not qualified)'.length)} TSA (not qualified)`;
}

function extensions(policy: string): Extension[] {
  const notice = new Sequence({ value: [new Utf8String({ value: NOTICE })] });
  const qualifier = new Sequence({ value: [new ObjectIdentifier({ value: USER_NOTICE }), notice] });
  const policies = new Sequence({
    value: [
      new Sequence({
        value: [new ObjectIdentifier({ value: policy }), new Sequence({ value: [qualifier] })],
      }),
    ],
  });
  return [
    extension(OID.basicConstraints, true, new Sequence({ value: [] })),
    // digitalSignature alone: one bit, seven unused.
    extension(OID.keyUsage, true, new BitString({ valueHex: Uint8Array.of(0x80), unusedBits: 7 })),
    extension(
      OID.extendedKeyUsage,
      true,
      new Sequence({ value: [new ObjectIdentifier({ value: OID.timeStamping })] }),
    ),
    extension(OID.subjectKeyIdentifier, false, new OctetString({ valueHex: randomBytes(20) })),
    extension(OID.certificatePolicies, false, policies),
  ];
}

function extension(extnID: string, critical: boolean, value: Sequence | BitString | OctetString): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}
