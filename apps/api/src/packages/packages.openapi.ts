/** How the package route appears in the OpenAPI document. */
import { PACKAGE_MEDIA_TYPE } from '@cunzheng/evidence-package';
import { describeRoute, rawAnswer } from '../openapi/describe.js';

export const DescribePackage = (): MethodDecorator =>
  describeRoute({
    summary: 'Put evidence together for a court',
    description:
      'An ASiC-E container (ETSI EN 319 162-1): receipts, certificates, custody events, checkpoints, timestamps, the verify page and a README by which an expert verifies all of it with openssl, sha256sum and unzip. Documents are listed by fingerprint; `cunzheng package --with` adds them. The same list of the same receipts gives the same bytes.',
    answers: [rawAnswer(200, 'The package', PACKAGE_MEDIA_TYPE)],
    problems: [
      'malformed-json',
      'body-too-large',
      'unsupported-media-type',
      'unauthorized',
      'scope-missing',
      'organization-not-admitted',
      'receipt-pending',
      'invalid-content',
      'busy',
      'not-ready',
    ],
  });
