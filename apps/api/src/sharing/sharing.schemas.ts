/** Request and answer schemas of sharing and public lookup. */
import { z } from 'zod';
import { FINGERPRINT_ALGORITHMS } from '@cunzheng/receipt';
import { text } from '../evidence/evidence.schemas.js';
import { exampleReceipt } from '../openapi/examples.js';

const MAX_NAMES = 100;

/** Names of disclosures, such as `title` or `signer.0.name`. */
const disclose = z
  .array(z.string().min(1).max(64))
  .max(MAX_NAMES)
  .default([])
  .meta({
    description: 'Names of the disclosures to show; everything else stays hidden',
    example: ['title'],
  });

export const shareRequest = z
  .strictObject({
    disclose,
    label: text({ min: 1, max: 200 }).optional(),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'ShareRequest', examples: [{ disclose: ['title'], label: 'for the court' }] });

export type ShareRequest = z.output<typeof shareRequest>;

export const publicationRequest = z
  .strictObject({ disclose })
  .meta({ id: 'PublicationRequest', examples: [{ disclose: ['title'] }] });

export type PublicationRequest = z.output<typeof publicationRequest>;

const FINGERPRINT = new RegExp(
  `^(${FINGERPRINT_ALGORITHMS.join('|')}):([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$`,
);

export const publicQuery = z.strictObject({
  fingerprint: z
    .string()
    .regex(FINGERPRINT, 'must be algorithm:digest in lower-case hex')
    .meta({
      description: 'A whole fingerprint',
      example: `sha-256:${'0'.repeat(64)}`,
    }),
});

const exampleShare = {
  id: '0d6f6f0e-6a57-4a8c-8c34-0d7d8f4b3a10',
  disclose: ['title'],
  label: 'for the court',
  createdAt: '2026-11-20T08:00:00.000Z',
};

export const share = z
  .strictObject({
    id: z.uuid(),
    disclose: z.array(z.string()),
    label: z.string().optional(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
    revokedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Share', examples: [exampleShare] });

export const createdShare = z
  .strictObject({
    ...share.shape,
    token: z.string().meta({ description: '128 random bits in base64url; shown this once' }),
    path: z.string().meta({ description: 'Path of the page that shows and verifies the receipt' }),
  })
  .meta({
    id: 'CreatedShare',
    examples: [{ ...exampleShare, token: 'q0J4Yw1r2s3t4u5v6w7x8A', path: '/v/q0J4Yw1r2s3t4u5v6w7x8A' }],
  });

export const sharePage = z
  .strictObject({ items: z.array(share) })
  .meta({ id: 'SharePage', examples: [{ items: [exampleShare] }] });

export const publication = z
  .strictObject({ disclose: z.array(z.string()), publishedAt: z.iso.datetime() })
  .meta({ id: 'Publication', examples: [{ disclose: ['title'], publishedAt: '2026-11-20T08:00:00.000Z' }] });

export const publicEvidence = z
  .strictObject({
    items: z.array(
      z.strictObject({ receipt: z.string().meta({ description: 'J(receipt): verify these very bytes' }) }),
    ),
  })
  .meta({ id: 'PublicEvidence', examples: [{ items: [{ receipt: exampleReceipt }] }] });

export type Share = z.output<typeof share>;
export type CreatedShare = z.output<typeof createdShare>;
export type Publication = z.output<typeof publication>;
export type PublicEvidence = z.output<typeof publicEvidence>;
