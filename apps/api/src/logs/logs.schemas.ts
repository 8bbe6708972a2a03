/** Numbers in the URLs of the public log: heights, leaf indices and tree sizes, 0 to 2^53−1, in their one spelling. */
import { z } from 'zod';

export const MAX_PAGE = { blocks: 1_000, checkpoints: 1_000, events: 100 } as const;

const wholeNumber = (minimum: number, maximum: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/, 'must be a whole number without leading zeros')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must lie in ${minimum}…${maximum}`);

/** A number in a path or query. */
export const logNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

const page = (maximum: number, from: string) =>
  z.strictObject({
    from: logNumber.default(0).meta({ description: from }),
    limit: wholeNumber(1, maximum)
      .default(maximum)
      .meta({ description: `1…${maximum}` }),
  });

export const blocksQuery = page(MAX_PAGE.blocks, 'First height');
export const checkpointsQuery = page(MAX_PAGE.checkpoints, 'Least tree size');
export const eventsQuery = page(MAX_PAGE.events, 'First leaf index');
export const proofQuery = z.strictObject({
  size: logNumber
    .optional()
    .meta({ description: 'Tree size of a published checkpoint; default: the newest' }),
});

export type PageQuery = z.output<typeof blocksQuery>;
export type ProofQuery = z.output<typeof proofQuery>;
