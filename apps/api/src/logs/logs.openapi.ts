/** How the public log appears in the OpenAPI document. The examples are those of docs/formats/. */
import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { MAX_PAGE } from './logs.schemas.js';

const EXAMPLE_KEY = 'log.example/logs/main+d87443df+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const EXAMPLE_HEADER =
  '{"batchRoot":"1f655c35c7e65695d1a8a7cbd8979283156c4e9651eae3ae9b9fee4c5e1a82f6","count":1,"createdAt":"2025-01-01T00:00:01.000Z","firstIndex":4,"format":"cunzheng/block@v1","height":1,"log":"log.example/logs/main","previous":"3b4a550cfa6c09ad5ea7817d046c38963cd41d8a30dbac4c799e7f16a76d52fb"}';
const EXAMPLE_EVENT = `{"createdAt":"2025-01-01T00:00:00.000Z","event":"open","format":"cunzheng/event@v1","log":"log.example/logs/main","operator":{"name":"示例存证"},"verifierKeys":["${EXAMPLE_KEY}"]}`;
const EXAMPLE_SUMMARY = {
  name: 'main',
  origin: 'log.example/logs/main',
  state: 'open' as const,
  openedAt: '2025-01-01T00:00:00.000Z',
  path: '/logs/main',
};

const UNCHANGED = ApiResponse({
  status: 304,
  description: 'Unchanged: the ETag in If-None-Match is that of these bytes',
});

const next = z
  .int()
  .optional()
  .meta({ description: 'Pass as `from` for the next page; missing on the last one so far' });
const header = z.string().meta({ description: 'J(header): hash these very bytes' });
const eventBody = z.string().meta({ description: 'J(event): hash these very bytes' });

const summary = z.strictObject({
  name: z.string(),
  origin: z.string(),
  state: z.enum(['open', 'closed']),
  openedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().optional(),
  path: z.string(),
});

const logs = z
  .strictObject({ logs: z.array(summary) })
  .meta({ id: 'Logs', examples: [{ logs: [EXAMPLE_SUMMARY] }] });

const description = z
  .strictObject({
    format: z.literal('cunzheng/log@v1'),
    ...summary.shape,
    operator: z
      .strictObject({
        name: z.string(),
        creditCode: z.string().optional(),
        filingNumber: z.string().optional(),
      })
      .optional(),
    verifierKeys: z
      .array(z.strictObject({ vkey: z.string(), fromSize: z.int().optional(), toSize: z.int().optional() }))
      .meta({ description: 'Tree sizes of the checkpoints that each key signs, both ends included' }),
    policy: z.string().meta({ description: 'C2SP tlog-policy' }),
    minTimestamps: z
      .int()
      .meta({ description: 'How many timestamping authorities must have stamped a checkpoint' }),
    tsaRoots: z.string().optional().meta({ description: 'Roots of those authorities, PEM' }),
    tileHeight: z.literal(8),
    limits: z.record(z.string(), z.int()),
    submission: z
      .strictObject({ path: z.string(), authentication: z.literal('api-key'), documentation: z.string() })
      .optional(),
  })
  .meta({
    id: 'LogDescription',
    examples: [
      {
        format: 'cunzheng/log@v1',
        ...EXAMPLE_SUMMARY,
        operator: { name: '示例存证' },
        verifierKeys: [{ vkey: EXAMPLE_KEY, fromSize: 1 }],
        policy: `log ${EXAMPLE_KEY}\nquorum none\n`,
        minTimestamps: 0,
        tileHeight: 8,
        limits: { entrySizeBytes: 68, maxBlocksPerPage: MAX_PAGE.blocks },
        submission: { path: '/v1/evidence', authentication: 'api-key', documentation: '/openapi.json' },
      },
    ],
  });

const checkpoints = z
  .strictObject({ sizes: z.array(z.int()), next })
  .meta({ id: 'LogCheckpoints', examples: [{ sizes: [4, 6] }] });

const timestamps = z
  .strictObject({
    timestamps: z.array(
      z.strictObject({ authority: z.string(), genTime: z.iso.datetime(), token: z.base64() }),
    ),
  })
  .meta({ id: 'LogTimestamps', examples: [{ timestamps: [] }] });

const blocks = z
  .strictObject({
    blocks: z.array(z.strictObject({ height: z.int(), firstIndex: z.int(), count: z.int(), header })),
    next,
  })
  .meta({
    id: 'LogBlocks',
    examples: [{ blocks: [{ height: 1, firstIndex: 4, count: 1, header: EXAMPLE_HEADER }] }],
  });

const block = z
  .strictObject({
    header,
    entries: z
      .base64()
      .meta({ description: 'count × 68 bytes; the header’s own entry follows from the header' }),
    bodies: z
      .array(z.strictObject({ ordinal: z.int(), body: eventBody }))
      .meta({ description: 'The public bodies, by the number of their entry in the block' }),
  })
  .meta({
    id: 'LogBlock',
    examples: [
      {
        header: EXAMPLE_HEADER,
        entries:
          'Q1oBARQGNE/1xPHJ0pW2dVsGHznHfYDLoQ6yr6qaEhRpjeHWoYhDlkgqgSBJExMBrnk5yacmqvDKZgRrJ/K2Y5t08HQ=',
        bodies: [],
      },
    ],
  });

const events = z
  .strictObject({
    events: z.array(z.strictObject({ leafIndex: z.int(), height: z.int(), body: eventBody })),
    next,
  })
  .meta({ id: 'LogEvents', examples: [{ events: [{ leafIndex: 0, height: 0, body: EXAMPLE_EVENT }] }] });

const ofLog = (...decorators: MethodDecorator[]): MethodDecorator =>
  applyDecorators(
    ApiParam({ name: 'log', description: 'Name of the log, the last part of its origin', example: 'main' }),
    ...decorators,
  );

const numbered = (name: string, text: string, example: number): MethodDecorator =>
  ApiParam({
    name,
    description: text,
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, example },
  });

export const DescribeLogs = (): MethodDecorator =>
  describeRoute({
    summary: 'The logs that are served here, open and closed',
    description: 'A closed log is served for good: receipts of its records keep verifying.',
    answers: [jsonAnswer(200, 'All of them', logs, ['ETag']), UNCHANGED],
    problems: [],
  });

export const DescribeDescription = (): MethodDecorator =>
  ofLog(
    describeRoute({
      summary: 'Description of a log',
      description:
        'Origin, operator, keys and limits, for information: verify with keys from your own trust folder.',
      answers: [jsonAnswer(200, 'The description', description, ['ETag']), UNCHANGED],
      problems: ['not-found'],
    }),
  );

export const DescribeCheckpoint = (): MethodDecorator =>
  ofLog(
    describeRoute({
      summary: 'The newest signed checkpoint',
      description:
        'A C2SP signed note of three lines: origin, tree size, root hash. Everything below is what it covers.',
      answers: [rawAnswer(200, 'The signed note', 'text/plain', ['ETag']), UNCHANGED],
      problems: ['not-found'],
    }),
  );

export const DescribeTile = (): MethodDecorator =>
  ofLog(
    ApiParam({
      name: 'path',
      description: 'C2SP tlog-tiles: `L/N`, `L/N.p/W`, `entries/N` or `entries/N.p/W`',
      schema: { type: 'string', example: '0/000.p/5' },
    }),
    describeRoute({
      summary: 'A tile of the log',
      description: 'Never changes. Partial tiles stay where they are when the full one exists.',
      answers: [
        rawAnswer(
          200,
          'Hashes, 32 bytes each; or entries, each with its 2-byte length',
          'application/octet-stream',
        ),
      ],
      problems: ['not-found', 'not-ready'],
    }),
  );

export const DescribeCheckpoints = (): MethodDecorator =>
  ofLog(
    describeRoute({
      summary: 'Tree sizes of the checkpoints',
      description: `Ascending, from \`from\` on, at most ${MAX_PAGE.checkpoints} on a page.`,
      answers: [jsonAnswer(200, 'A page of sizes', checkpoints, ['ETag']), UNCHANGED],
      problems: ['malformed-request', 'not-found'],
    }),
  );

export const DescribeCheckpointOfSize = (): MethodDecorator =>
  ofLog(
    numbered('size', 'Tree size of a checkpoint', 6),
    describeRoute({
      summary: 'The signed checkpoint of one tree size',
      description: 'Text and first signature stay; cosignatures may be added.',
      answers: [rawAnswer(200, 'The signed note', 'text/plain', ['ETag']), UNCHANGED],
      problems: ['not-found'],
    }),
  );

export const DescribeTimestamps = (): MethodDecorator =>
  ofLog(
    numbered('size', 'Tree size of a checkpoint', 6),
    describeRoute({
      summary: 'RFC 3161 timestamps over one checkpoint',
      description:
        'Tokens over the checkpoint’s text and first signature line; more may be added. Verify them with roots of your own.',
      answers: [jsonAnswer(200, 'The tokens', timestamps, ['ETag']), UNCHANGED],
      problems: ['not-found'],
    }),
  );

export const DescribeBlocks = (): MethodDecorator =>
  ofLog(
    describeRoute({
      summary: 'Block headers',
      description: `By height, from \`from\` on, at most ${MAX_PAGE.blocks} on a page.`,
      answers: [jsonAnswer(200, 'A page of headers', blocks, ['ETag']), UNCHANGED],
      problems: ['malformed-request', 'not-found'],
    }),
  );

export const DescribeBlock = (): MethodDecorator =>
  ofLog(
    numbered('height', 'Height of the block', 1),
    describeRoute({
      summary: 'One block: header, entries and public bodies',
      description: 'Never changes. Enough to replay the log block by block without the tree.',
      answers: [jsonAnswer(200, 'The block', block)],
      problems: ['not-found'],
    }),
  );

export const DescribeEvents = (): MethodDecorator =>
  ofLog(
    describeRoute({
      summary: 'Events of the log itself',
      description: `Bodies of the entries of type 02 in order, from leaf index \`from\` on, at most ${MAX_PAGE.events} on a page.`,
      answers: [jsonAnswer(200, 'A page of events', events, ['ETag']), UNCHANGED],
      problems: ['malformed-request', 'not-found'],
    }),
  );

export const DescribeProof = (): MethodDecorator =>
  ofLog(
    numbered('leafIndex', 'Leaf index of the entry', 4),
    describeRoute({
      summary: 'Inclusion proof of one entry, with its checkpoint',
      description:
        'A C2SP tlog-proof. `size` is the tree size of a published checkpoint, by default the newest.',
      answers: [rawAnswer(200, 'The proof', 'text/plain', ['ETag']), UNCHANGED],
      problems: ['malformed-request', 'not-found', 'not-ready'],
    }),
  );
