/** How the import routes appear in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { NDJSON } from '../http/ndjson-body.js';
import { exampleRequest } from '../openapi/examples.js';
import { describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { ProblemError } from '../problems/problem-error.js';
import { importProgress } from './imports.schemas.js';

const AUTH: readonly ProblemCode[] = ['unauthorized', 'scope-missing', 'organization-not-admitted'];
const TAKE: readonly ProblemCode[] = [
  ...AUTH,
  'unsupported-media-type',
  'import-offset',
  'quota-exceeded',
  'busy',
  'clock-wrong',
  'not-ready',
];

const lines = (required: boolean): MethodDecorator =>
  applyDecorators(
    ApiConsumes(NDJSON),
    ApiBody({
      required,
      description:
        'A line of JSON for each piece of evidence, as for `POST /v1/evidence`, with its `clientRef`.',
      schema: { type: 'string', example: `${JSON.stringify(exampleRequest)}\n` },
    }),
  );

const exampleResults = [
  { line: 1, status: 202, evidence: '01a1f787-240a-737b-bea5-1de40185c708' },
  {
    line: 2,
    status: 422,
    problem: new ProblemError('invalid-content', '/clientRef: an import needs one on each line', {
      errors: [{ pointer: '/clientRef', detail: 'an import needs one on each line' }],
    }).toDocument(),
  },
  { end: true, line: 2 },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

export const DescribeCreateImport = (): MethodDecorator =>
  applyDecorators(
    lines(false),
    describeRoute({
      summary: 'Import a stream of lines',
      description:
        'Any number of lines, taken in as they come. What was stored is found by its `clientRef`, so a line that is sent twice is stored once. Without a body an empty import is made; send its lines with PATCH to be able to go on after a break.',
      answers: [jsonAnswer(201, 'What became of the lines', importProgress, ['Location'])],
      problems: TAKE,
    }),
  );

export const DescribeResumeImport = (): MethodDecorator =>
  applyDecorators(
    lines(true),
    describeRoute({
      summary: 'Go on with an import',
      description:
        'The body begins with the byte `offset` of the stream. A request that still runs gives way.',
      answers: [jsonAnswer(200, 'What became of the lines', importProgress)],
      problems: ['malformed-request', 'not-found', ...TAKE],
    }),
  );

export const DescribeReadImport = (): MethodDecorator =>
  describeRoute({
    summary: 'Read the progress of an import',
    description: 'Also while lines are being sent. `offsetBytes` is where to go on after a break.',
    answers: [jsonAnswer(200, 'How far it is', importProgress)],
    problems: [...AUTH, 'not-found'],
  });

export const DescribeImportResults = (): MethodDecorator =>
  describeRoute({
    summary: 'Read what became of each line',
    description:
      'A line of JSON for each line that was not blank, with the id of its evidence or a problem document, and a last one that says `"end": true`.',
    answers: [rawAnswer(200, 'The results', NDJSON, [], exampleResults)],
    problems: ['malformed-request', ...AUTH, 'not-found'],
  });
