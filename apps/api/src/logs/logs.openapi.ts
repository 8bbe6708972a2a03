/** How the public log appears in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { describeRoute, rawAnswer } from '../openapi/describe.js';

export const DescribeCheckpoint = (): MethodDecorator =>
  describeRoute({
    summary: 'The newest signed checkpoint',
    description: 'A C2SP signed note of three lines: origin, tree size, root hash.',
    answers: [rawAnswer(200, 'The signed note', 'text/plain')],
    problems: ['not-found'],
  });

export const DescribeTile = (): MethodDecorator =>
  applyDecorators(
    ApiParam({ name: 'path', description: 'C2SP tlog-tiles: `L/N`, `L/N.p/W`, `entries/N` or `entries/N.p/W`', example: '0/000.p/5' }),
    describeRoute({
      summary: 'A tile of the log',
      answers: [rawAnswer(200, 'Hashes, 32 bytes each; or entries, each with its 2-byte length', 'application/octet-stream')],
      problems: ['not-found'],
    }),
  );
