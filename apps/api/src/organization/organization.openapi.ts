/** How members and API keys appear in the OpenAPI document. */
import { ApiResponse } from '@nestjs/swagger';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { createdOrganizationKey, member, memberPage, organizationKeyPage } from './organization.schemas.js';

const AUTH: readonly ProblemCode[] = ['unauthorized', 'scope-missing', 'organization-not-admitted'];
const BODY: readonly ProblemCode[] = [
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'invalid-content',
];

export const DescribePutMember = (): MethodDecorator =>
  describeRoute({
    summary: 'Add a member, or change roles and suspension of one',
    description: 'Holds at once for all keys of the member. While suspended, its keys are refused.',
    answers: [jsonAnswer(200, 'The member', member)],
    problems: [...BODY, ...AUTH, 'not-found', 'limit-reached'],
  });

export const DescribeListMembers = (): MethodDecorator =>
  describeRoute({
    summary: 'List the members',
    description: 'People and programs of the organization, with their roles.',
    answers: [jsonAnswer(200, 'All members, by id', memberPage)],
    problems: AUTH,
  });

export const DescribeCreateKey = (): MethodDecorator =>
  describeRoute({
    summary: 'Make an API key',
    description:
      'A member has at most two live keys: make the second, move over, then revoke the first. Whoever may make keys can give them any role: treat such a key as the master key of your organization.',
    answers: [jsonAnswer(201, 'The key, shown this once', createdOrganizationKey)],
    problems: [...BODY, ...AUTH, 'not-found', 'limit-reached'],
  });

export const DescribeListKeys = (): MethodDecorator =>
  describeRoute({
    summary: 'List the API keys',
    description: 'The latest 1,000, without their secrets; revoked ones included.',
    answers: [jsonAnswer(200, 'The keys, newest first', organizationKeyPage)],
    problems: AUTH,
  });

export const DescribeRevokeKey = (): MethodDecorator =>
  describeRoute({
    summary: 'Revoke an API key',
    description: 'For good, and at once in every process.',
    answers: [ApiResponse({ status: 204, description: 'Revoked' })],
    problems: [...AUTH, 'not-found'],
  });
