/**
 * SignedData: RFC 5652 §5 in the shape that RFC 3161 §2.4.2 gives a token: one signer, with signed attributes, over a
 * TSTInfo inside. Certificates and lists in it are nobody's word yet.
 */
import {
  type AlgorithmIdentifier,
  context,
  contextPrimitive,
  DerReader,
  type DerNode,
  isSorted,
  type Name,
  parseDer,
  readAlgorithm,
  readName,
  readSerial,
  TAG,
} from '@cunzheng/x509';
import { TSP_OID } from './oids.js';

export interface SignedData {
  /** DER of the TSTInfo, as it is hashed. */
  readonly content: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

export type SignerId =
  | { readonly issuer: Name; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array };

export interface SignerInfo {
  readonly id: SignerId;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** As a SET OF Attribute, which is what the signature is over (§5.4). */
  readonly signedAttributes: DerNode;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/** Throws X509Error `der-*` or `structure-invalid`. */
export function readToken(bytes: Uint8Array): SignedData {
  const outer = new DerReader(parseDer(bytes), 'token');
  if (outer.oid('content type') !== TSP_OID.signedData) throw outer.malformed('no SignedData');
  const reader = new DerReader(only(outer, outer.expect(context(0), 'content')), 'SignedData');
  outer.end();
  reader.smallInteger('version');
  new DerReader(reader.any('digest algorithms'), 'digest algorithms', TAG.set).rest(readAlgorithm);
  const content = readContent(reader.sequence('content'));
  const certificates = plainItems(reader.optional(context(0)));
  const crls = plainItems(reader.optional(context(1)));
  const signers = new DerReader(reader.any('signers'), 'signers', TAG.set).rest(readSigner);
  reader.end();
  const [signer, ...others] = signers;
  if (signer === undefined || others.length > 0)
    throw reader.malformed(`${signers.length} signers, want one`);
  return { content, certificates, crls, signer };
}

function readContent(reader: DerReader): Uint8Array {
  if (reader.oid('type') !== TSP_OID.tstInfo) throw reader.malformed('content that is no TSTInfo');
  const octets = only(reader, reader.expect(context(0), 'content'));
  reader.end();
  if (octets.tag !== TAG.octetString) throw reader.malformed('content that is no OCTET STRING');
  return octets.content;
}

/** Items of the plain kind; other kinds of certificates and revocation information have tags of their own. */
function plainItems(node: DerNode | undefined): Uint8Array[] {
  return (node?.children ?? []).filter(({ tag }) => tag === TAG.sequence).map(({ bytes }) => bytes);
}

function readSigner(node: DerNode): SignerInfo {
  const reader = new DerReader(node, 'signer');
  reader.smallInteger('version');
  const id = readSignerId(reader);
  const digestAlgorithm = readAlgorithm(reader.any('digest algorithm'));
  const attributes = reader.expect(context(0), 'signed attributes');
  const signatureAlgorithm = readAlgorithm(reader.any('signature algorithm'));
  const signature = reader.octets('signature');
  reader.optional(context(1)); // unsigned attributes: nobody's word
  reader.end();
  if (!isSorted(attributes.children)) throw reader.malformed('signed attributes out of order');
  const signedAttributes = {
    ...attributes,
    tag: TAG.set,
    bytes: Uint8Array.of(TAG.set, ...attributes.bytes.subarray(1)),
  };
  return { id, digestAlgorithm, signedAttributes, signatureAlgorithm, signature };
}

function readSignerId(reader: DerReader): SignerId {
  const key = reader.optional(contextPrimitive(0));
  if (key !== undefined) return { subjectKeyIdentifier: key.content };
  const named = reader.sequence('identifier');
  const id = { issuer: readName(named.any('issuer')), serialNumber: readSerial(named) };
  named.end();
  return id;
}

function only(reader: DerReader, { children }: DerNode): DerNode {
  const [child, ...others] = children;
  if (child === undefined || others.length > 0)
    throw reader.malformed('an explicit tag around other than one element');
  return child;
}
