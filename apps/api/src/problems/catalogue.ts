/**
 * The one catalogue of problems (RFC 9457) that the API answers with. `type` is `urn:cunzheng:problem:<code>` and never
 * changes its meaning; docs/api/problems.md lists the same codes, and a test holds the two together.
 */

export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'malformed-request': { status: 400, title: 'The request cannot be understood' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  'scope-missing': { status: 403, title: 'The API key lacks a scope' },
  'not-found': { status: 404, title: 'Nothing of that name' },
  'receipt-pending': { status: 404, title: 'The receipt is not ready yet' },
  'client-ref-conflict': { status: 409, title: 'The client reference belongs to other fingerprints' },
  'idempotency-in-flight': { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  'key-registered': { status: 409, title: 'The key is registered already' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'invalid-content': { status: 422, title: 'The request does not fit its schema' },
  'envelope-invalid': { status: 422, title: 'The envelope is not acceptable' },
  'envelope-mismatch': { status: 422, title: 'The envelope disagrees with the request' },
  'key-unknown': { status: 422, title: 'A signing key is not registered' },
  'key-revoked': { status: 422, title: 'A signing key is revoked' },
  'signature-invalid': { status: 422, title: 'A signature does not verify' },
  'challenge-invalid': { status: 422, title: 'The key challenge is not acceptable' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another request' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  busy: { status: 503, title: 'The service is busy' },
  'not-ready': { status: 503, title: 'The service is not ready' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A place in the request body that does not fit (RFC 6901 pointer), and why. */
export interface ContentError {
  readonly pointer: string;
  readonly detail: string;
}

/** RFC 9457 problem details. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly ContentError[];
  readonly requestId?: string;
}

/** The `type` of a problem. */
export const problemType = (code: ProblemCode): string => `urn:cunzheng:problem:${code}`;
