/** AlgorithmIdentifier and SubjectPublicKeyInfo: RFC 5280 §4.1.1.2 and §4.1.2.7. */
import { DerReader } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { TAG } from './der/universal.js';

export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: DerNode | undefined;
  /** The whole identifier, for comparing two of them. */
  readonly bytes: Uint8Array;
}

export interface SubjectPublicKeyInfo {
  readonly algorithm: AlgorithmIdentifier;
  /** The content of the BIT STRING. */
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
}

export function readAlgorithm(node: DerNode): AlgorithmIdentifier {
  const reader = new DerReader(node, 'algorithm identifier');
  const oid = reader.oid('algorithm');
  const parameters = reader.hasMore ? reader.any('parameters') : undefined;
  reader.end();
  return { oid, parameters, bytes: node.bytes };
}

export function readSubjectPublicKeyInfo(node: DerNode): SubjectPublicKeyInfo {
  const reader = new DerReader(node, 'subject public key');
  const algorithm = readAlgorithm(reader.any('algorithm'));
  const key = reader.bits('key');
  reader.end();
  return { algorithm, key, bytes: node.bytes };
}

/** RFC 4055 §5 wants NULL and has readers take its absence. */
export function hasNoParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters === undefined || parameters.tag === TAG.null;
}
