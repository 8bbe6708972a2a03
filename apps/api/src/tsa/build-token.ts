/**
 * TimeStampTokens in DER: RFC 3161 §2.4.2 over CMS (RFC 5652), with ESSCertIDv2 (RFC 5816). What all tokens of an authority share
 * is encoded once, by asn1js; a token is these parts around its own imprint, serial number, time and nonce. The imprint is put
 * in as it came, byte for byte; signed attributes stand in the order of DER.
 */
import { hash, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type TimestampQuery } from '@cunzheng/timestamp';
import {
  type AsnType,
  Constructed,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Set as Asn1Set,
} from 'asn1js';
import { der, derInteger, derTime, TAG } from './der.js';
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

export interface TokenSettings {
  readonly identity: TsaIdentity;
  /** Dotted decimal. */
  readonly policy: string;
  readonly accuracyMs: number;
}

export interface TokenInput {
  readonly query: TimestampQuery;
  readonly serialNumber: bigint;
  readonly genTimeMs: number;
}

type Block = AsnType;

export class TokenBuilder {
  private readonly privateKey: KeyObject;
  /** Of TSTInfo: version and policy, accuracy. */
  private readonly infoHead: Uint8Array;
  private readonly accuracy: Uint8Array;
  /** Signed attributes but the digest of the message, and what its attribute begins with. */
  private readonly attributes: readonly Uint8Array[];
  private readonly digestType = toDer(oid(MESSAGE_DIGEST));
  /** Of SignerInfo: version, signer and digest algorithm; signature algorithm. */
  private readonly signerHead: Uint8Array;
  private readonly signatureAlgorithm: Uint8Array;
  /** Of SignedData: version and digest algorithms; type of the content; certificates. */
  private readonly dataHead: Uint8Array;
  private readonly contentType = toDer(oid(TST_INFO));
  private readonly certificates: Uint8Array;
  private readonly signedDataType = toDer(oid(SIGNED_DATA));

  constructor({ identity, policy, accuracyMs }: TokenSettings) {
    const { certificate, chain, privateKey } = identity;
    const serialNumber = new Integer({ valueHex: new Uint8Array(certificate.serialNumber) });
    const isRsa = privateKey.asymmetricKeyType === 'rsa';
    this.privateKey = privateKey;
    this.infoHead = toDer(new Integer({ value: 1 }), oid(policy));
    this.accuracy = toDer(accuracy(accuracyMs));
    this.attributes = [
      toDer(attribute(CONTENT_TYPE, oid(TST_INFO))),
      toDer(attribute(SIGNING_CERTIFICATE_V2, signingCertificate(identity))),
    ];
    this.signerHead = toDer(
      new Integer({ value: 1 }),
      sequence(raw(certificate.issuer.bytes), serialNumber),
      sequence(oid(SHA256)),
    );
    this.signatureAlgorithm = toDer(
      isRsa ? sequence(oid(SHA256_WITH_RSA), new Null()) : sequence(oid(ECDSA_WITH_SHA256)),
    );
    this.dataHead = toDer(new Integer({ value: 3 }), new Asn1Set({ value: [sequence(oid(SHA256))] }));
    this.certificates = der(TAG.context0, ...[...chain].sort((a, b) => Buffer.compare(a, b)));
  }

  /** Signs on a thread of libuv's pool. */
  async build(input: TokenInput): Promise<Uint8Array> {
    const content = this.tstInfo(input);
    const attributes = this.signedAttributes(content);
    const signature = await signInThreadPool('sha256', der(TAG.set, attributes), this.privateKey);
    const signerInfo = der(
      TAG.sequence,
      this.signerHead,
      der(TAG.context0, attributes),
      this.signatureAlgorithm,
      der(TAG.octetString, signature),
    );
    const encapsulated = der(
      TAG.sequence,
      this.contentType,
      der(TAG.context0, der(TAG.octetString, content)),
    );
    const certificates = input.query.wantsCertificate ? [this.certificates] : [];
    const signedData = der(
      TAG.sequence,
      this.dataHead,
      encapsulated,
      ...certificates,
      der(TAG.set, signerInfo),
    );
    return der(TAG.sequence, this.signedDataType, der(TAG.context0, signedData));
  }

  private tstInfo({ query, serialNumber, genTimeMs }: TokenInput): Uint8Array {
    return der(
      TAG.sequence,
      this.infoHead,
      query.imprint.bytes,
      derInteger(serialNumber),
      derTime(genTimeMs),
      this.accuracy,
      ...(query.nonce === undefined ? [] : [der(TAG.integer, query.nonce)]),
    );
  }

  private signedAttributes(content: Uint8Array): Uint8Array {
    const digest = der(TAG.octetString, hash('sha256', content, 'buffer'));
    const messageDigest = der(TAG.sequence, this.digestType, der(TAG.set, digest));
    return Buffer.concat([...this.attributes, messageDigest].sort((a, b) => Buffer.compare(a, b)));
  }
}

function accuracy(ms: number): Block {
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000;
  return sequence(
    ...(seconds > 0 ? [new Integer({ value: seconds })] : []),
    ...(rest > 0 ? [implicit(0, new Integer({ value: rest }).valueBlock.valueHexView)] : []),
  );
}

function signingCertificate({ certificate }: TsaIdentity): Block {
  const issuer = sequence(explicit(4, raw(certificate.issuer.bytes)));
  const certId = sequence(
    new OctetString({ valueHex: hash('sha256', certificate.bytes, 'buffer') }),
    sequence(issuer, new Integer({ valueHex: new Uint8Array(certificate.serialNumber) })),
  );
  return sequence(sequence(certId));
}

const sequence = (...value: Block[]): Sequence => new Sequence({ value });
const oid = (value: string): ObjectIdentifier => new ObjectIdentifier({ value });
/** What is DER already, and was read strictly: it is written back as it came. */
const raw = (bytes: Uint8Array): Block => fromBER(new Uint8Array(bytes)).result;
const explicit = (tagNumber: number, block: Block): Constructed =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [block] });
const implicit = (tagNumber: number, valueHex: Uint8Array): Primitive =>
  new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: new Uint8Array(valueHex) });
const attribute = (type: string, value: Block): Block => sequence(oid(type), new Asn1Set({ value: [value] }));
const toDer = (...blocks: Block[]): Uint8Array =>
  Buffer.concat(blocks.map((block) => new Uint8Array(block.toBER())));
