/**
 * What revocation lists say of a token's chain, by the code that verifies receipts. For each certificate below the root the
 * first list is taken that shows whether it was revoked; what is taken is verified once more all together, as a receipt's
 * lists are, because one that a verifier refuses would take the token down with it.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type TimestampRevocation } from '@cunzheng/persistence';
import {
  type Certificate,
  type Crl,
  OID,
  tryReadDistributionPoints,
  verifyChain,
  verifyRevocation,
  X509Error,
} from '@cunzheng/x509';

/** A list at hand: parsed, and kept under its id. */
export interface HeldList {
  readonly id: number;
  readonly crl: Crl;
}

/** A certificate below the root, and where its issuer publishes lists. */
export interface Link {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly urls: readonly string[];
}

export interface Judgement {
  readonly revocation: TimestampRevocation;
  /** Ids of the lists that say so. */
  readonly lists: readonly number[];
  /** Certificates for which a list should be fetched. */
  readonly missing: readonly Link[];
  /** Why the token does not count, if it is revoked. */
  readonly revoked?: X509Error;
}

/** `path` leads from the authority's certificate to the root, `find` gives lists of an address, `known` are of any address. */
export async function judgeChain(
  path: readonly Certificate[],
  atMs: number,
  find: (url: string, link: Link) => HeldList | undefined,
  known: readonly HeldList[] = [],
): Promise<Judgement> {
  const links = path.flatMap((certificate, index) => linkOf(certificate, path[index + 1]));
  const missing: Link[] = [];
  const taken = new Set<HeldList>();
  let isCovered = true;
  for (const link of links) {
    const held = [...known, ...link.urls.flatMap((url) => find(url, link) ?? [])];
    const list = await findTelling(link, atMs, held);
    if (list !== undefined) taken.add(list);
    else if (link.urls.length > 0) missing.push(link);
    else isCovered = false;
  }
  const lists = [...taken].map(({ id }) => id);
  const refusal = await refuse(path, atMs, [...taken]);
  if (refusal?.code === 'revoked') return { revocation: 'revoked', lists, missing, revoked: refusal };
  if (refusal !== undefined) return { revocation: 'unknown', lists: [], missing: [] };
  const revocation = missing.length > 0 ? 'pending' : isCovered ? 'good' : 'unknown';
  return { revocation, lists, missing };
}

/** What a list says of a certificate: `unknown` if it is expired, of another issuer, forged, or not about it. */
export async function askList(
  { certificate, issuer }: Link,
  crl: Crl,
  atMs: number,
): Promise<'good' | 'revoked' | 'unknown'> {
  const evidence = { crls: [crl], ocsps: [] };
  try {
    return await verifyRevocation(nativeCrypto, {
      certificate,
      issuer,
      evidence,
      atMs,
      rule: 'timestamping',
    });
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    return error.code === 'revoked' ? 'revoked' : 'unknown';
  }
}

function linkOf(certificate: Certificate, issuer: Certificate | undefined): Link[] {
  return issuer === undefined ? [] : [{ certificate, issuer, urls: tryReadDistributionPoints(certificate) }];
}

async function findTelling(
  link: Link,
  atMs: number,
  held: readonly HeldList[],
): Promise<HeldList | undefined> {
  for (const list of held) if ((await askList(link, list.crl, atMs)) !== 'unknown') return list;
  return undefined;
}

async function refuse(
  path: readonly Certificate[],
  atMs: number,
  taken: readonly HeldList[],
): Promise<X509Error | undefined> {
  const [certificate] = path;
  if (certificate === undefined || taken.length === 0) return undefined;
  const chain = { certificate, intermediates: path.slice(1), anchors: path.slice(-1), atMs };
  const evidence = { crls: taken.map(({ crl }) => crl), ocsps: [] };
  try {
    await verifyChain(nativeCrypto, {
      ...chain,
      purpose: OID.timeStamping,
      evidence,
      revocationRule: 'timestamping',
    });
    return undefined;
  } catch (error) {
    if (error instanceof X509Error) return error;
    throw error;
  }
}
