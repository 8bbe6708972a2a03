/**
 * The one catalogue of problems (RFC 9457) that the API answers with. `type` is `urn:cunzheng:problem:<code>` and never
 * changes its meaning; docs/api/problems.md lists the same codes, and a test holds the two together.
 */

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What a client does about it. */
  readonly advice: string;
}

export const PROBLEMS = {
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    advice: 'send UTF-8 JSON without a byte order mark, each member named once',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be understood',
    advice: 'look at the parameter or header that the detail names',
  },
  unauthorized: {
    status: 401,
    title: 'A valid API key is required',
    advice: 'send "Authorization: Bearer <API key>" with a key that is neither expired nor revoked',
  },
  'scope-missing': {
    status: 403,
    title: 'The API key lacks a scope',
    advice: 'ask your administrator for a key with the scope that the detail names',
  },
  'organization-not-admitted': {
    status: 403,
    title: 'The organization is not admitted',
    advice: 'ask the operator: the detail says whether it has applied, is suspended or has left',
  },
  'not-found': {
    status: 404,
    title: 'Nothing of that name',
    advice: 'check the path and the id; what belongs to another organization is not found either',
  },
  'receipt-pending': {
    status: 404,
    title: 'The receipt is not ready yet',
    advice: 'ask again after Retry-After seconds, or send the evidence with "Prefer: wait=30"',
  },
  'client-ref-conflict': {
    status: 409,
    title: 'The client reference belongs to other fingerprints',
    advice: 'use another clientRef, or look up with GET /v1/evidence?clientRef= what has it',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running',
    advice: 'repeat the same request after Retry-After seconds to get the first answer',
  },
  'key-registered': {
    status: 409,
    title: 'The key is registered already',
    advice: 'use the key as it is registered, or make another one',
  },
  'certificate-registered': {
    status: 409,
    title: 'The certificate is registered already',
    advice: 'use it as it is registered, or register the next one',
  },
  'endpoint-disabled': {
    status: 409,
    title: 'The webhook endpoint is disabled',
    advice: 'enable it first: PATCH /v1/webhook-endpoints/{id} with {"enabled": true}',
  },
  'import-offset': {
    status: 409,
    title: 'The import does not go on there',
    advice: 'read its offsetBytes with GET /v1/imports/{id} and send what comes after',
  },
  'limit-reached': {
    status: 409,
    title: 'There are as many as there may be',
    advice: 'remove one first, or wait as the detail says',
  },
  'cursor-expired': {
    status: 410,
    title: 'The cursor is older than what is kept',
    advice: 'begin without a cursor, and compare your records with GET /v1/evidence',
  },
  'answer-erased': {
    status: 410,
    title: 'The first answer held personal data that was erased',
    advice: 'the request was done: read what it made by its id; use a new Idempotency-Key for something new',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    advice: 'send a smaller body, or several batches',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has the wrong media type',
    advice: 'send "Content-Type: application/json"; lines of an import are application/x-ndjson',
  },
  'invalid-content': {
    status: 422,
    title: 'The request does not fit its schema',
    advice: 'correct the places that errors points to',
  },
  'envelope-invalid': {
    status: 422,
    title: 'The envelope is not acceptable',
    advice: 'sign a canonical statement again; the detail says what is wrong with this one',
  },
  'envelope-mismatch': {
    status: 422,
    title: 'The envelope disagrees with the request',
    advice: 'sign a statement for this organization and this service, or leave the fields out that differ',
  },
  'key-unknown': {
    status: 422,
    title: 'A signing key is not registered',
    advice: 'register the key first: POST /v1/signers/{id}/keys',
  },
  'key-revoked': {
    status: 422,
    title: 'A signing key is revoked',
    advice: 'sign with another registered key',
  },
  'key-not-valid': {
    status: 422,
    title: 'A signing key is outside its time',
    advice: 'sign with a key whose validFrom and validUntil enclose createdAt and the time of the request',
  },
  'signature-invalid': {
    status: 422,
    title: 'A signature does not verify',
    advice: 'sign the DSSE pre-authentication encoding of the payload, not the payload itself',
  },
  'token-invalid': {
    status: 422,
    title: 'A timestamp token does not count',
    advice:
      'the detail says why; send tokens over one of the fingerprints, with their certificates, by an authority that this service believes',
  },
  'certificate-invalid': {
    status: 422,
    title: 'A certificate of a signer does not hold',
    advice:
      'send the whole chain for the key that signed, to a root that this service names, or no certificates',
  },
  'challenge-invalid': {
    status: 422,
    title: 'The key challenge is not acceptable',
    advice: 'ask for a new challenge and sign its message with the key that is to be registered',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The Idempotency-Key was used with another request',
    advice: 'use a new Idempotency-Key for a different request',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    advice: 'wait Retry-After seconds, then repeat the request',
  },
  'quota-exceeded': {
    status: 429,
    title: 'The quota of the month is used up',
    advice:
      'ask the operator for a higher quota, or repeat the request after the month, in Retry-After seconds',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    advice: 'repeat the request; if it stays, report the requestId to the operator',
  },
  busy: {
    status: 503,
    title: 'The service is busy',
    advice: 'repeat the request after Retry-After seconds, with its clientRef or Idempotency-Key',
  },
  'clock-wrong': {
    status: 503,
    title: 'The clock of the service is wrong',
    advice: 'repeat the request after Retry-After seconds; nothing is accepted until the clock is right',
  },
  'not-ready': {
    status: 503,
    title: 'The service is not ready',
    advice: 'wait until GET /health/ready answers 200',
  },
} as const satisfies Record<string, ProblemKind>;

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
