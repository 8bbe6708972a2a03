/** How the evidence routes appear in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { exampleAccepted, exampleAnchored, exampleReceipt, exampleRequest } from '../openapi/examples.js';
import {
  DescribeIdempotency,
  describeHeaders,
  describeRoute,
  jsonAnswer,
  rawAnswer,
} from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { ProblemError } from '../problems/problem-error.js';
import { problemSchema } from '../problems/problem.schema.js';
import { MAX_BATCH_ITEMS } from './evidence.schemas.js';

export const evidence = z
  .strictObject({
    id: z.uuid(),
    state: z.enum(['accepted', 'anchored', 'attested']),
    final: z.boolean().meta({ description: 'Whether the receipt stays as it is' }),
    acceptedAt: z.iso.datetime(),
    clientRef: z.string().optional(),
    record: z.string().meta({ description: 'J(record): hash these very bytes' }),
    disclosures: z.array(z.string()),
    entry: z.string().meta({ description: 'The 68-byte ledger entry in base64' }),
    leafIndex: z.int().optional(),
    blockHeight: z.int().optional(),
    anchoredAt: z.iso.datetime().optional(),
    attestedAt: z.iso.datetime().optional(),
    timestamps: z
      .array(
        z.strictObject({
          time: z.iso.datetime(),
          accuracyMs: z.int(),
          tsa: z.string().optional(),
          serialNumber: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Timestamp tokens that came with it: each counted when it was accepted' }),
    erasedAt: z.iso.datetime().optional().meta({ description: 'When personal data was last erased from it' }),
    erased: z.array(z.string()).optional().meta({ description: 'Names of the disclosures that are gone' }),
    receipt: z.string().meta({ description: 'Path of the receipt' }),
  })
  .meta({ id: 'Evidence', examples: [exampleAnchored] });

const exampleResults = {
  results: [
    { index: 0, status: 202, evidence: exampleAccepted },
    {
      index: 1,
      status: 422,
      problem: new ProblemError(
        'invalid-content',
        '/fingerprints: give at least one fingerprint, or an envelope',
        {
          errors: [{ pointer: '/fingerprints', detail: 'give at least one fingerprint, or an envelope' }],
        },
      ).toDocument(),
    },
  ],
};

const batch = z
  .strictObject({
    results: z.array(
      z.strictObject({
        index: z.int(),
        status: z.int(),
        evidence: evidence.optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'EvidenceBatchResults', examples: [exampleResults] });

export const page = z
  .strictObject({ items: z.array(evidence), nextCursor: z.uuid().optional() })
  .meta({ id: 'EvidencePage', examples: [{ items: [exampleAnchored] }] });

const RECEIPT = 'application/vnd.cunzheng.receipt+json';
const AUTH: readonly ProblemCode[] = ['unauthorized', 'scope-missing', 'organization-not-admitted'];
const BODY: readonly ProblemCode[] = [
  'malformed-json',
  'malformed-request',
  'body-too-large',
  'unsupported-media-type',
];
const IDEMPOTENT: readonly ProblemCode[] = ['idempotency-in-flight', 'idempotency-mismatch'];
const ENVELOPE: readonly ProblemCode[] = [
  'envelope-invalid',
  'envelope-mismatch',
  'key-unknown',
  'key-revoked',
  'signature-invalid',
  'certificate-invalid',
  'token-invalid',
];

export const DescribeAccept = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description: '`wait=N` (at most 30 seconds) holds the answer back until the receipt is ready.',
      schema: { type: 'string', example: 'wait=10' },
    }),
    describeRoute({
      summary: 'Notarize a fingerprint',
      description:
        'Plain fields, with signers as you state them, or a DSSE envelope that signers signed with registered keys.',
      answers: [
        jsonAnswer(202, 'Accepted: stored and waiting for its block', evidence, [
          'Location',
          'Idempotency-Replayed',
          'RateLimit',
          'RateLimit-Policy',
        ]),
        ApiResponse({
          status: 200,
          description:
            'The original, when clientRef and fingerprints were accepted before; or, with `Prefer: wait`, the receipt',
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Evidence' } },
            [RECEIPT]: { schema: { type: 'string' }, example: exampleReceipt },
          },
          headers: describeHeaders(['Location', 'Preference-Applied', 'Idempotency-Replayed', 'ETag']),
        }),
      ],
      problems: [
        ...BODY,
        ...AUTH,
        'client-ref-conflict',
        ...IDEMPOTENT,
        'invalid-content',
        ...ENVELOPE,
        'rate-limited',
        'quota-exceeded',
        'busy',
        'clock-wrong',
        'not-ready',
      ],
    }),
  );

export const DescribeBatch = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    ApiBody({
      schema: {
        type: 'object',
        example: { items: [exampleRequest] },
        required: ['items'],
        additionalProperties: false,
        properties: {
          items: {
            type: 'array',
            minItems: 1,
            maxItems: MAX_BATCH_ITEMS,
            items: { $ref: '#/components/schemas/EvidenceRequest' },
          },
        },
      },
    }),
    describeRoute({
      summary: `Notarize up to ${MAX_BATCH_ITEMS} fingerprints`,
      description:
        'Each item gets a result of its own. Valid items are stored whatever becomes of the others.',
      answers: [
        jsonAnswer(200, 'One result for each item, in order', batch, [
          'Idempotency-Replayed',
          'RateLimit',
          'RateLimit-Policy',
        ]),
      ],
      problems: [
        ...BODY,
        ...AUTH,
        ...IDEMPOTENT,
        'invalid-content',
        'rate-limited',
        'quota-exceeded',
        'busy',
        'clock-wrong',
        'not-ready',
      ],
    }),
  );

export const DescribeList = (): MethodDecorator =>
  describeRoute({
    summary: 'Find evidence',
    description:
      'Every given condition must hold. Newest first; pass `nextCursor` as `cursor` for the next page.',
    answers: [jsonAnswer(200, 'A page of evidence', page)],
    problems: ['malformed-request', ...AUTH],
  });

export const DescribeRead = (): MethodDecorator =>
  describeRoute({
    summary: 'Read one piece of evidence',
    description:
      'Its record, disclosures and state. Poll it only without webhooks: `state` says how far it is, `receipt` where its receipt is.',
    answers: [jsonAnswer(200, 'The evidence', evidence)],
    problems: [...AUTH, 'not-found'],
  });

export const DescribeReceipt = (): MethodDecorator =>
  describeRoute({
    summary: 'Fetch the receipt',
    description:
      'The file that anyone can verify without us. Keep it byte for byte. With `disclose` it shows only what you name, and everything else verifies: what depends on the hidden is `not checked: withheld`.',
    answers: [
      rawAnswer(200, 'The receipt', RECEIPT, ['ETag'], exampleReceipt),
      ApiResponse({
        status: 304,
        description: 'Unchanged: the ETag in If-None-Match is that of these bytes',
      }),
    ],
    problems: ['malformed-request', ...AUTH, 'not-found', 'receipt-pending', 'not-ready'],
  });
