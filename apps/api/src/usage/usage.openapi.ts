/** How the usage route appears in the OpenAPI document. */
import { describeRoute, jsonAnswer } from '../openapi/describe.js';
import { usage } from './usage.schemas.js';

export const DescribeUsage = (): MethodDecorator =>
  describeRoute({
    summary: 'Read what the organization has used',
    description:
      'By days (366 at most) or months, in UTC, exact as of the request. A period without anything is left out.',
    answers: [jsonAnswer(200, 'What was used', usage)],
    problems: ['malformed-request', 'unauthorized', 'scope-missing', 'organization-not-admitted'],
  });
