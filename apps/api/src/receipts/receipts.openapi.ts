/** How the receipts routes appear in the OpenAPI document. */
import { z } from 'zod';
import { CHECK_NAMES } from '@cunzheng/receipt';
import { NDJSON } from '../http/ndjson-body.js';
import { describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { exampleReport } from '../openapi/examples.js';
import { exampleReceiptLines } from './receipt-feed.js';

const check = z.strictObject({
  name: z.enum(CHECK_NAMES),
  status: z.enum(['passed', 'failed', 'not checked']),
  reason: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  established: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});

const report = z
  .strictObject({
    verdict: z.enum(['holds', 'altered', 'other-document', 'incomplete', 'unverifiable']),
    claim: z.string().meta({ description: 'What may be said of the evidence, no more' }),
    claimZh: z.string(),
    checks: z.array(check),
    existedBy: z
      .strictObject({ time: z.string(), according: z.enum(['witnesses', 'timestamps']) })
      .optional(),
    operatorAlone: z.boolean(),
  })
  .meta({ id: 'VerificationReport', examples: [exampleReport] });

export const DescribeVerify = (): MethodDecorator =>
  describeRoute({
    summary: 'Verify a receipt',
    description:
      'Runs the twelve checks against the keys of this service. No API key is needed. To trust nobody but yourself, verify with the command line and your own trust folder.',
    answers: [jsonAnswer(200, 'The report, whatever the verdict', report)],
    problems: [
      'malformed-json',
      'body-too-large',
      'unsupported-media-type',
      'invalid-content',
      'rate-limited',
    ],
  });

export const DescribeReceipts = (): MethodDecorator =>
  describeRoute({
    summary: 'Stream all receipts',
    description:
      'A line of JSON for each receipt, in the order of the ledger, and a last one that says `"end": true`. Go on from the last cursor, now or later: nothing is skipped. `receipt` is the receipt file as text: keep it byte for byte.',
    answers: [rawAnswer(200, 'The receipts', NDJSON, [], exampleReceiptLines)],
    problems: [
      'malformed-request',
      'unauthorized',
      'scope-missing',
      'organization-not-admitted',
      'not-ready',
    ],
  });
