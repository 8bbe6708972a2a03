/** How supervision appears in the OpenAPI document. */
import { exampleAuditLine } from '../audit/audit-log.controller.js';
import { RECEIPT_MEDIA_TYPE } from '../evidence/evidence.controller.js';
import { evidence, page } from '../evidence/evidence.openapi.js';
import { NDJSON } from '../http/ndjson-body.js';
import { describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { exampleReceipt } from '../openapi/examples.js';
import { type ProblemCode } from '../problems/catalogue.js';

const AUTH: readonly ProblemCode[] = [
  'unauthorized',
  'scope-missing',
  'organization-not-admitted',
  'not-found',
];

export const DescribeListSupervised = (): MethodDecorator =>
  describeRoute({
    summary: 'Find evidence of a supervised organization',
    description:
      'Only what a grant of yours names: its organizations, accepted in its span of time. Grants are given by the operator, with their legal basis.',
    answers: [jsonAnswer(200, 'A page of evidence', page)],
    problems: ['malformed-request', ...AUTH],
  });

export const DescribeReadSupervised = (): MethodDecorator =>
  describeRoute({
    summary: 'Read one piece of evidence of a supervised organization',
    description: 'Only while a grant names the organization, the time of acceptance and this kind.',
    answers: [jsonAnswer(200, 'The evidence', evidence)],
    problems: AUTH,
  });

export const DescribeSupervisedReceipt = (): MethodDecorator =>
  describeRoute({
    summary: 'Fetch the receipt of a supervised organization',
    description: 'With every disclosure, while a grant is in force.',
    answers: [
      rawAnswer(200, 'The receipt, with every disclosure', RECEIPT_MEDIA_TYPE, ['ETag'], exampleReceipt),
    ],
    problems: [...AUTH, 'receipt-pending', 'not-ready'],
  });

export const DescribeSupervisedAuditLog = (): MethodDecorator =>
  describeRoute({
    summary: 'Read the audit log of a supervised organization',
    description:
      'Needs a grant of the kind `audit-log`. The lines of its span of time after `after`, at most 1,000: a part of the chain, each line with its number and the hash of the one before.',
    answers: [rawAnswer(200, 'Lines of JSON', NDJSON, [], exampleAuditLine)],
    problems: ['malformed-request', ...AUTH],
  });
