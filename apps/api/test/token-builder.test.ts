/** Tokens as the authority puts them together, against the same made from scratch by pkijs. */
import { createPublicKey, generateKeyPairSync, hash, type KeyObject, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTimestampQuery, parseToken, type TimestampQuery } from '@cunzheng/timestamp';
import { formatTimestampQuery } from '@cunzheng/timestamp/node';
import {
  type AsnType,
  Constructed,
  fromBER,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
} from 'asn1js';
import {
  Accuracy,
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  MessageImprint,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
  TSTInfo,
} from 'pkijs';
import { TokenBuilder, type TokenInput } from '../src/tsa/build-token.js';
import { openTsaIdentity, type TsaIdentity } from '../src/tsa/tsa-identity.js';

const POLICY = '1.2.3.4.5';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const digest = hash('sha256', 'stamped', 'buffer');

describe('the token builder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-tokens-'));
  let identity: TsaIdentity;
  beforeAll(async () => {
    const subject = { operator: 'Test', service: 'localhost', policy: POLICY, nowMs: Date.now() };
    identity = await openTsaIdentity(directory, subject);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const query = (changes: Partial<TimestampQuery> = {}): TimestampQuery => ({
    ...parseTimestampQuery(
      formatTimestampQuery({ algorithm: 'sha-256', digest, nonce: Uint8Array.of(0x41, 7) }),
    ),
    ...changes,
  });
  const input = (changes: Partial<TokenInput> = {}): TokenInput => ({
    query: query(),
    serialNumber: (0x80n << 64n) | 5n,
    genTimeMs: Date.UTC(2026, 10, 20, 10, 0, 1, 234),
    ...changes,
  });
  const keys: Record<string, () => KeyObject> = {
    ec: () => identity.privateKey,
    rsa: () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey,
  };

  test.each<[string, string, number, Partial<TokenInput>]>([
    ['everything', 'ec', 1_500, {}],
    ['an RSA key', 'rsa', 1_000, {}],
    ['no nonce', 'ec', 999, { query: query({ nonce: undefined }) }],
    ['no certificate', 'ec', 60_000, { query: query({ wantsCertificate: false }) }],
    ['a nonce of 64 bytes', 'ec', 128, { query: query({ nonce: new Uint8Array(64).fill(0x41) }) }],
    ['a whole second and the first serial number', 'ec', 1, { genTimeMs: 1e12, serialNumber: 1n }],
  ])('with %s writes what pkijs writes, byte for byte', async (_, key, accuracyMs, changes) => {
    const privateKey = keys[key]!();
    const settings = { identity: { ...identity, privateKey }, policy: POLICY, accuracyMs };
    const given = input(changes);
    const token = await new TokenBuilder(settings).build(given);
    const { signature, signedAttributes } = takeSignature(token);
    expect(verify('sha256', signedAttributes, createPublicKey(privateKey), signature)).toBe(true);
    const wanted = buildByPkijs(settings, given, signature);
    expect(Buffer.from(token).toString('hex')).toBe(wanted.toString('hex'));
  });

  test.each([
    [0, '20010909014640Z'],
    [120, '20010909014640.12Z'],
    [5, '20010909014640.005Z'],
    [300, '20010909014640.3Z'],
  ])('a time of %i ms has no trailing zeros (RFC 3161 §2.4.2) and is read back', async (ms, text) => {
    const settings = { identity, policy: POLICY, accuracyMs: 1_000 };
    const token = await new TokenBuilder(settings).build(input({ genTimeMs: 1e12 + ms }));
    expect(Buffer.from(token).includes(text)).toBe(true);
    expect(parseToken(token).info.genTimeMs).toBe(1e12 + ms);
  });
});

const bytesOf = (block: AsnType): Buffer => Buffer.from(block.toBER());
const raw = (der: Uint8Array): AsnType => fromBER(new Uint8Array(der)).result;

/** What ECDSA makes anew each time, and what it is over. */
function takeSignature(token: Uint8Array): { signature: Buffer; signedAttributes: Buffer } {
  const content = new ContentInfo({ schema: raw(token) });
  const [signer] = new SignedData({ schema: content.content as AsnType }).signerInfos;
  return {
    signature: Buffer.from(signer!.signature.valueBlock.valueHexView),
    signedAttributes: Buffer.from(signer!.signedAttrs!.encodedValue),
  };
}

function buildByPkijs(
  { identity, policy, accuracyMs }: ConstructorParameters<typeof TokenBuilder>[0],
  { query, serialNumber, genTimeMs }: TokenInput,
  signature: Buffer,
): Buffer {
  const { certificate, chain, privateKey } = identity;
  const seconds = Math.floor(accuracyMs / 1_000);
  const info = new TSTInfo({
    version: 1,
    policy,
    messageImprint: new MessageImprint({ schema: raw(query.imprint.bytes) }),
    serialNumber: Integer.fromBigInt(serialNumber),
    genTime: new Date(genTimeMs),
    accuracy: new Accuracy({
      ...(seconds > 0 && { seconds }),
      ...(accuracyMs % 1_000 > 0 && { millis: accuracyMs % 1_000 }),
    }),
    ...(query.nonce && { nonce: new Integer({ valueHex: new Uint8Array(query.nonce) }) }),
  });
  const content = bytesOf(info.toSchema());
  const own = new Certificate({ schema: raw(certificate.bytes) });
  const issuer = new Constructed({ idBlock: { tagClass: 3, tagNumber: 4 }, value: [own.issuer.toSchema()] });
  const certId = new Sequence({
    value: [
      new OctetString({ valueHex: hash('sha256', certificate.bytes, 'buffer') }),
      new Sequence({ value: [new Sequence({ value: [issuer] }), own.serialNumber] }),
    ],
  });
  const signingCertificate = new Sequence({ value: [new Sequence({ value: [certId] })] });
  const attributes = [
    new Attribute({ type: '1.2.840.113549.1.9.3', values: [new ObjectIdentifier({ value: TST_INFO })] }),
    new Attribute({
      type: '1.2.840.113549.1.9.4',
      values: [new OctetString({ valueHex: hash('sha256', content, 'buffer') })],
    }),
    new Attribute({ type: '1.2.840.113549.1.9.16.2.47', values: [signingCertificate] }),
  ];
  const signerInfo = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
    digestAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256 }),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
    signatureAlgorithm:
      privateKey.asymmetricKeyType === 'rsa'
        ? new AlgorithmIdentifier({ algorithmId: '1.2.840.113549.1.1.11', algorithmParams: new Null() })
        : new AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.2' }),
    signature: new OctetString({ valueHex: signature }),
  });
  // Given to the constructor, the content would come out in pieces, which is BER and not DER.
  const encapContentInfo = new EncapsulatedContentInfo({ eContentType: TST_INFO });
  encapContentInfo.eContent = new OctetString({ valueHex: content });
  const signedData = new SignedData({
    version: 3,
    digestAlgorithms: [new AlgorithmIdentifier({ algorithmId: SHA256 })],
    encapContentInfo,
    ...(query.wantsCertificate && {
      certificates: chain.map((der) => new Certificate({ schema: raw(der) })),
    }),
    signerInfos: [signerInfo],
  });
  const message = new ContentInfo({
    contentType: '1.2.840.113549.1.7.2',
    content: signedData.toSchema(true),
  });
  return bytesOf(message.toSchema());
}
