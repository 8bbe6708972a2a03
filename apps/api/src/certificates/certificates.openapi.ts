/** How the certificate appears in the OpenAPI document. */
import { describeRoute, rawAnswer } from '../openapi/describe.js';

export const DescribeCertificate = (): MethodDecorator =>
  describeRoute({
    summary: 'Print the receipt as a certificate',
    description:
      'A PDF for people (存证证书) with the receipt attached to it byte for byte. It is made once the receipt is final; the same receipt gives the same file. It derives from the receipt and never replaces it.',
    answers: [rawAnswer(200, 'The certificate', 'application/pdf')],
    problems: [
      'malformed-request',
      'unauthorized',
      'scope-missing',
      'organization-not-admitted',
      'not-found',
      'receipt-pending',
      'busy',
      'not-ready',
    ],
  });
