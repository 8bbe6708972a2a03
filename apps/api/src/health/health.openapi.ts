/** How the health routes appear in the OpenAPI document. */
import { z } from 'zod';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';

const ready = z
  .strictObject({ status: z.literal('ready'), log: z.string() })
  .meta({ examples: [{ status: 'ready', log: 'notary.example/logs/main' }] });

export const DescribeLive = (): MethodDecorator =>
  describeRoute({
    summary: 'Whether the process runs',
    answers: [
      jsonAnswer(
        200,
        'It does',
        z.strictObject({ status: z.literal('live') }).meta({ examples: [{ status: 'live' }] }),
      ),
    ],
    problems: [],
  });

export const DescribeReady = (): MethodDecorator =>
  describeRoute({
    summary: 'Whether evidence can be accepted now',
    answers: [jsonAnswer(200, 'It can', ready)],
    problems: ['not-ready'],
  });
