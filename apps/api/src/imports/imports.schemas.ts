/** Queries and answers of the import routes. */
import { z } from 'zod';

/** In lower case, as ids are stored. */
export const importId = z.uuid().toLowerCase();

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

export const resumeQuery = z.strictObject({
  offset: wholeNumber.meta({
    description: '`offsetBytes` of the import: the byte that the body begins with',
  }),
});

export type ResumeQuery = z.output<typeof resumeQuery>;

export const resultsQuery = z.strictObject({
  after: wholeNumber.default(0).meta({ description: 'Only lines after this one' }),
});

export type ResultsQuery = z.output<typeof resultsQuery>;

export const exampleImport = {
  id: '01a1f78c-3b1e-7c55-9d0a-5f7e2a6c9b10',
  createdAt: '2026-11-20T06:02:03.550Z',
  updatedAt: '2026-11-20T06:03:11.091Z',
  offsetBytes: 151_893_402,
  lines: 1_000_000,
  accepted: 999_990,
  existing: 7,
  refused: 3,
  results: '/v1/imports/01a1f78c-3b1e-7c55-9d0a-5f7e2a6c9b10/results',
};

export const importProgress = z
  .strictObject({
    id: z.uuid(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    offsetBytes: z
      .int()
      .min(0)
      .meta({ description: 'So much of the stream is taken in, durably. Go on here' }),
    lines: z.int().min(0),
    accepted: z.int().min(0).meta({ description: 'Lines that were stored' }),
    existing: z
      .int()
      .min(0)
      .meta({ description: 'Lines whose clientRef and fingerprints had been stored before' }),
    refused: z.int().min(0).meta({ description: 'Lines with a problem: see the results' }),
    results: z.string().meta({ description: 'Path of the results' }),
  })
  .meta({ id: 'Import', examples: [exampleImport] });
