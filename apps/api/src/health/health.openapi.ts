/** How the health routes appear in the OpenAPI document. */
import { z } from 'zod';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';

const reason = z.strictObject({
  code: z.enum(['worker-silent', 'records-wait', 'not-attested', 'disk-nearly-full']),
  detail: z.string(),
});

const ready = z
  .strictObject({ status: z.enum(['ready', 'degraded']), log: z.string(), reasons: z.array(reason) })
  .meta({
    examples: [
      { status: 'ready', log: 'notary.example/logs/main', reasons: [] },
      {
        status: 'degraded',
        log: 'notary.example/logs/main',
        reasons: [{ code: 'worker-silent', detail: 'no worker has sequenced for 94 s' }],
      },
    ],
  });

export const DescribeLive = (): MethodDecorator =>
  describeRoute({
    summary: 'Whether the process runs',
    description: 'For whoever restarts processes: it says nothing of the database or the worker.',
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
    description:
      'For whoever directs traffic. `degraded` keeps its traffic: what is accepted is durable, and an operator should look.',
    answers: [
      jsonAnswer(200, 'It can; degraded when something behind it is late and an operator should look', ready),
    ],
    problems: ['not-ready'],
  });
