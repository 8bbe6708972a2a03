/**
 * A TimeStampToken in DER: RFC 3161 §2.4.2 over CMS (RFC 5652), with ESSCertIDv2 (RFC 5816). The imprint is put in as it came,
 * byte for byte; signed attributes stand in the order of DER; the token can be checked by any software that knows RFC 3161.
 */
import { createHash, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type TimestampQuery } from '@cunzheng/timestamp';
import {
  type AsnType,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as Asn1Set,
} from 'asn1js';
import { type TsaIdentity } from './tsa-identity.js';

const signInThreadPool = promisify<string, Uint8Array, KeyObject, Buffer>(sign);

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';

export interface TokenInput {
  readonly query: TimestampQuery;
  /** Dotted decimal. */
  readonly policy: string;
  readonly serialNumber: bigint;
  readonly genTimeMs: number;
  readonly accuracyMs: number;
}

type Block = AsnType;

/** Signs on a thread of libuv's pool. */
export async function buildToken(identity: TsaIdentity, input: TokenInput): Promise<Uint8Array> {
  const content = toDer(tstInfo(input));
  const attributes = signedAttributes(identity, content);
  const signed = toDer(new Asn1Set({ value: attributes }));
  const signature = await signInThreadPool('sha256', signed, identity.privateKey);
  return toDer(
    sequence(
      oid(SIGNED_DATA),
      explicit(0, signedData(identity, input, content, signerInfo(identity, attributes, signature))),
    ),
  );
}

function tstInfo({ query, policy, serialNumber, genTimeMs, accuracyMs }: TokenInput): Block {
  return sequence(
    new Integer({ value: 1 }),
    oid(policy),
    raw(query.imprint.bytes),
    integer(serialNumber),
    new GeneralizedTime({ valueDate: new Date(genTimeMs) }),
    accuracy(accuracyMs),
    ...(query.nonce === undefined ? [] : [new Integer({ valueHex: new Uint8Array(query.nonce) })]),
  );
}

function accuracy(ms: number): Block {
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000;
  return sequence(
    ...(seconds > 0 ? [new Integer({ value: seconds })] : []),
    ...(rest > 0 ? [implicit(0, new Integer({ value: rest }).valueBlock.valueHexView)] : []),
  );
}

function signedAttributes({ certificate }: TsaIdentity, content: Uint8Array): Block[] {
  const issuer = sequence(explicit(4, raw(certificate.issuer.bytes)));
  const certId = sequence(
    octets(sha256(certificate.bytes)),
    sequence(issuer, new Integer({ valueHex: new Uint8Array(certificate.serialNumber) })),
  );
  return [
    attribute(CONTENT_TYPE, oid(TST_INFO)),
    attribute(MESSAGE_DIGEST, octets(sha256(content))),
    attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(certId))),
  ]
    .map((block) => ({ block, der: toDer(block) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ block }) => block);
}

function signerInfo(
  { certificate, privateKey }: TsaIdentity,
  attributes: Block[],
  signature: Uint8Array,
): Block {
  const serialNumber = new Integer({ valueHex: new Uint8Array(certificate.serialNumber) });
  const isRsa = privateKey.asymmetricKeyType === 'rsa';
  return sequence(
    new Integer({ value: 1 }),
    sequence(raw(certificate.issuer.bytes), serialNumber),
    sequence(oid(SHA256)),
    new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: attributes }),
    isRsa ? sequence(oid(SHA256_WITH_RSA), new Null()) : sequence(oid(ECDSA_WITH_SHA256)),
    octets(signature),
  );
}

function signedData(
  { chain }: TsaIdentity,
  { query }: TokenInput,
  content: Uint8Array,
  signer: Block,
): Block {
  const certificates = [...chain].sort((a, b) => Buffer.compare(a, b)).map(raw);
  return sequence(
    new Integer({ value: 3 }),
    new Asn1Set({ value: [sequence(oid(SHA256))] }),
    sequence(oid(TST_INFO), explicit(0, octets(content))),
    ...(query.wantsCertificate
      ? [new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: certificates })]
      : []),
    new Asn1Set({ value: [signer] }),
  );
}

const sequence = (...value: Block[]): Sequence => new Sequence({ value });
const oid = (value: string): ObjectIdentifier => new ObjectIdentifier({ value });
const octets = (bytes: Uint8Array): OctetString => new OctetString({ valueHex: new Uint8Array(bytes) });
/** What is DER already, and was read strictly: it is written back as it came. */
const raw = (der: Uint8Array): Block => fromBER(new Uint8Array(der)).result;
const explicit = (tagNumber: number, block: Block): Constructed =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [block] });
const implicit = (tagNumber: number, valueHex: Uint8Array): Primitive =>
  new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: new Uint8Array(valueHex) });
const attribute = (type: string, value: Block): Block => sequence(oid(type), new Asn1Set({ value: [value] }));
const toDer = (block: Block): Uint8Array => new Uint8Array(block.toBER());
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** Positive and shortest, as DER wants it. */
function integer(value: bigint): Integer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return new Integer({
    valueHex: (bytes[0] ?? 0) < 0x80 ? new Uint8Array(bytes) : Uint8Array.of(0, ...bytes),
  });
}
