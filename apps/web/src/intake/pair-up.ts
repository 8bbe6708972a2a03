/**
 * Which document belongs to which receipt. Equal fingerprints decide; where none are equal, a name or being the only two
 * left does, so that a changed document is reported as another one and not silently left out.
 */
import { type Fingerprint } from '@cunzheng/receipt';
import { type GivenDocument, type GivenReceipt } from './given.js';

export type Partner =
  | { readonly kind: 'document'; readonly document: GivenDocument }
  /** A document is still being hashed that may be the one. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'none' };

/** For each receipt, in order. */
export function pairUp(
  receipts: readonly GivenReceipt[],
  documents: readonly GivenDocument[],
): readonly Partner[] {
  const matches = receipts.map((receipt) => documents.find((document) => isMatch(receipt, document)));
  const isHashing = documents.some(
    ({ hashing }) => hashing.state === 'waiting' || hashing.state === 'running',
  );
  const free = documents.filter(
    (document) =>
      document.hashing.state === 'done' && document.isCarrier !== true && !matches.includes(document),
  );
  const open = receipts.filter((_, index) => matches[index] === undefined);
  return receipts.map((receipt, index) => {
    const document = matches[index] ?? (isHashing ? undefined : findByOtherMeans(receipt, open, free));
    if (document !== undefined) return { kind: 'document', document };
    return { kind: isHashing ? 'pending' : 'none' };
  });
}

function isMatch({ fingerprints }: GivenReceipt, { digests }: GivenDocument): boolean {
  return fingerprints.some(({ algorithm, digest }: Fingerprint) => digests[algorithm] === digest);
}

function findByOtherMeans(
  receipt: GivenReceipt,
  open: readonly GivenReceipt[],
  free: readonly GivenDocument[],
): GivenDocument | undefined {
  const named = free.find(({ name }) => receipt.name.startsWith(`${name}.`));
  if (named !== undefined) return named;
  return open.length === 1 && free.length === 1 ? free[0] : undefined;
}
