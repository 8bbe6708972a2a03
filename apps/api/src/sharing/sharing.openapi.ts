/** How sharing and public lookup appear in the OpenAPI document. */
import { ApiResponse } from '@nestjs/swagger';
import { exampleReceipt } from '../openapi/examples.js';
import { describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { createdShare, publication, publicEvidence, sharePage } from './sharing.schemas.js';

const AUTH: readonly ProblemCode[] = [
  'unauthorized',
  'scope-missing',
  'organization-not-admitted',
  'not-found',
];
const BODY: readonly ProblemCode[] = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'invalid-content',
];

const noContent = (description: string): MethodDecorator => ApiResponse({ status: 204, description });

export const DescribeCreateShare = (): MethodDecorator =>
  describeRoute({
    summary: 'Make a share link',
    description:
      'Whoever has the token sees and verifies the receipt with the disclosures named here, until the link is revoked or expires. The token is shown this once.',
    answers: [jsonAnswer(201, 'The link', createdShare)],
    problems: [...BODY, ...AUTH],
  });

export const DescribeListShares = (): MethodDecorator =>
  describeRoute({
    summary: 'List the share links of one piece of evidence',
    description:
      'With what each shows and until when; revoked and expired ones too. Tokens are shown once, when a link is made.',
    answers: [jsonAnswer(200, 'The links, without their tokens', sharePage)],
    problems: AUTH,
  });

export const DescribeRevokeShare = (): MethodDecorator =>
  describeRoute({
    summary: 'Revoke a share link',
    description: 'The link shows nothing any more. What was downloaded before stays with whoever has it.',
    answers: [noContent('Revoked')],
    problems: AUTH,
  });

export const DescribePublish = (): MethodDecorator =>
  describeRoute({
    summary: 'Make evidence public',
    description:
      'Whoever has the document, and so its fingerprint, finds the receipt with the disclosures named here.',
    answers: [jsonAnswer(200, 'What is public', publication)],
    problems: [...BODY, ...AUTH],
  });

export const DescribeReadPublication = (): MethodDecorator =>
  describeRoute({
    summary: 'Read what is public of one piece of evidence',
    description: 'The names of the disclosures that strangers see.',
    answers: [jsonAnswer(200, 'What is public', publication)],
    problems: AUTH,
  });

export const DescribeWithdraw = (): MethodDecorator =>
  describeRoute({
    summary: 'Make evidence private again',
    description: 'It is found by strangers no more. Copies that they took remain.',
    answers: [noContent('Private')],
    problems: AUTH,
  });

export const DescribeSharedReceipt = (): MethodDecorator =>
  describeRoute({
    summary: 'Fetch the receipt behind a share link',
    description: 'No API key is needed: the token is enough. Limited per network address.',
    answers: [
      rawAnswer(
        200,
        'The receipt with what its owner chose to show',
        'application/vnd.cunzheng.receipt+json',
        [],
        exampleReceipt,
      ),
    ],
    problems: ['not-found', 'receipt-pending', 'rate-limited', 'not-ready'],
  });

export const DescribePublicEvidence = (): MethodDecorator =>
  describeRoute({
    summary: 'Find public evidence by a whole fingerprint',
    description:
      'No API key is needed. Shows at most 20 receipts, the earliest first; there is no other way to search. Limited per network address.',
    answers: [jsonAnswer(200, 'The receipts, with what their owners chose to show', publicEvidence)],
    problems: ['malformed-request', 'rate-limited', 'not-ready'],
  });
