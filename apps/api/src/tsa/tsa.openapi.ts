/** How the timestamping authority appears in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiParam } from '@nestjs/swagger';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { describeRoute, rawAnswer } from '../openapi/describe.js';
import { exampleReceipt } from '../openapi/examples.js';
import { QUERY_TYPE, REPLY_TYPE } from './accept-queries.js';

export const DescribeStamp = (): MethodDecorator =>
  applyDecorators(
    ApiConsumes(QUERY_TYPE),
    ApiBody({
      description: 'TimeStampReq in DER',
      required: true,
      schema: { type: 'string', format: 'binary' },
    }),
    describeRoute({
      summary: 'Stamp a hash (RFC 3161)',
      description: `The service as a timestamping authority, if the operator has turned it on. The body is a TimeStampReq (\`${QUERY_TYPE}\`, at most 4,096 bytes) over a digest of SHA-2, SHA-3 or SM3. The answer is a TimeStampResp: a token, or a rejection with its PKIFailureInfo, \`timeNotAvailable\` while the clock is known to be wrong. Every token is a record in the log before it is handed out. No API key is needed. The authority is not a qualified one.`,
      answers: [rawAnswer(200, 'TimeStampResp in DER, granted or rejected', REPLY_TYPE)],
      problems: [
        'not-found',
        'body-too-large',
        'unsupported-media-type',
        'rate-limited',
        'not-ready',
        'busy',
      ],
    }),
  );

export const DescribeTokenReceipt = (): MethodDecorator =>
  applyDecorators(
    ApiParam({ name: 'sha256', description: 'SHA-256 of the token (DER), lower-case hex' }),
    describeRoute({
      summary: 'Receipt of a token',
      description:
        'The receipt of a token that this service issued. Its document is the token itself. Whoever holds the token can ask for it; no API key is needed.',
      answers: [rawAnswer(200, 'The receipt', RECEIPT_MEDIA_TYPE, ['ETag'], exampleReceipt)],
      problems: ['not-found', 'receipt-pending', 'not-ready'],
    }),
  );
