/**
 * Which disclosures are personal data. Whatever identifies a signer, and whatever people wrote freely, because nobody can
 * tell that a title or a reference names no one: signers, the envelope (it repeats the rest, with keys and signatures),
 * title, client reference, metadata, provenance. Not by themselves: organization, media type, size, timestamp tokens; a
 * caller who knows better names them.
 */
import { isChosenBy, isDisclosureChoice } from '@cunzheng/receipt';
import { z } from 'zod';

const WRITTEN = new Set(['envelope', 'title', 'clientRef', 'metadata', 'provenance']);

const MAX_LENGTH = 4_096;

export const erasureQuery = z.strictObject({
  also: z
    .string()
    .max(MAX_LENGTH)
    .transform((names) => names.split(',').map((name) => name.trim()))
    .refine((names) => names.every(isDisclosureChoice), 'must be names of disclosures, separated by commas')
    .optional()
    .meta({
      type: 'string',
      description: 'Names of further disclosures to erase, separated by commas',
      example: 'organization,mediaType',
    }),
});

export type ErasureQuery = z.output<typeof erasureQuery>;

/** Tells, by its name, whether a disclosure goes. */
export type Goes = (name: string) => boolean;

export const goesWithEvidence =
  ({ also = [] }: ErasureQuery): Goes =>
  (name) =>
    name.startsWith('signer.') || WRITTEN.has(name) || also.some((wanted) => isChosenBy(name, wanted));

/** What goes with one signer: all of that signer, and the envelope, which has the signer's key and signature. */
export function goesWithSigner(
  signerIds: readonly string[],
  signer: string,
  { also = [] }: ErasureQuery,
): Goes {
  const prefixes = signerIds.flatMap((id, index) => (id === signer ? [`signer.${index}.`] : []));
  return (name) =>
    name === 'envelope' ||
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    also.some((wanted) => isChosenBy(name, wanted));
}
