/**
 * `?disclose=` of the receipt route: which disclosures its holder wants to show. The parameter's absence shows all, as
 * ever; an empty one shows none. A name that is misspelt or not there is refused, because a receipt with something else
 * than was asked for could be handed on unnoticed.
 */
import { listDisclosureNames, ReceiptError, selectDisclosures } from '@cunzheng/receipt';
import { z } from 'zod';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { ProblemError } from '../problems/problem-error.js';

/** Every name of the closed list at once is far below. */
const MAX_LENGTH = 4_096;

export const receiptQuery = z.strictObject({
  disclose: z.string().max(MAX_LENGTH).optional().meta({
    description:
      'Names of the disclosures to show, separated by commas; `signer.0` means all of that signer. Without it all are shown, when empty none. Whatever is left out stays committed in the record.',
    example: 'signer.0.name,title',
  }),
});

export type ReceiptQuery = z.output<typeof receiptQuery>;

/** The disclosures that the query asks for. @throws ProblemError `malformed-request` naming what is not there. */
export function discloseFor({ record }: LoadedEvidence, { disclose }: ReceiptQuery): readonly string[] {
  if (disclose === undefined) return record.disclosures;
  const names = disclose === '' ? [] : disclose.split(',').map((name) => name.trim());
  try {
    return selectDisclosures(record.disclosures, names);
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    const name = names[Number(error.path.slice(1))] ?? '';
    const there = listDisclosureNames(record.disclosures).join(', ') || 'nothing';
    const why =
      error.code === 'disclosure-absent' ? 'is not disclosed by this record' : 'is no name of a disclosure';
    throw new ProblemError('malformed-request', `disclose: "${name}" ${why}; there is ${there}`, {
      cause: error,
    });
  }
}
