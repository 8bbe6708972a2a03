/** What a query may ask for: RFC 3161 §2.4.1, §2.4.2. The digest is the client's business; its length must fit its name. */
import { type FailureInfo, type TimestampQuery } from '@cunzheng/timestamp';

/** SHA-2, SHA-3 and SM3: bytes of a digest by object identifier. SHA-1 and MD5 are not stamped. */
const DIGEST_BYTES: ReadonlyMap<string, number> = new Map([
  ['2.16.840.1.101.3.4.2.1', 32],
  ['2.16.840.1.101.3.4.2.2', 48],
  ['2.16.840.1.101.3.4.2.3', 64],
  ['2.16.840.1.101.3.4.2.6', 32],
  ['2.16.840.1.101.3.4.2.8', 32],
  ['2.16.840.1.101.3.4.2.9', 48],
  ['2.16.840.1.101.3.4.2.10', 64],
  ['1.2.156.10197.1.401', 32],
]);

export interface QueryRefusal {
  readonly failure: FailureInfo;
  readonly text: string;
}

/** Why the query gets no token, or undefined. */
export function refuseQuery(query: TimestampQuery, policy: string): QueryRefusal | undefined {
  const { version, imprint, extensions } = query;
  const size = DIGEST_BYTES.get(imprint.algorithmOid);
  if (version !== 1) return { failure: 'badRequest', text: 'want version 1' };
  if (size === undefined) return { failure: 'badAlg', text: 'want a digest of SHA-2, SHA-3 or SM3' };
  if (imprint.digest.length !== size)
    return { failure: 'badDataFormat', text: `want a digest of ${size} bytes` };
  if (query.policy !== undefined && query.policy !== policy) {
    return { failure: 'unacceptedPolicy', text: `the only policy is ${policy}` };
  }
  if (extensions.length > 0) return { failure: 'unacceptedExtension', text: 'no extensions are supported' };
  return undefined;
}
