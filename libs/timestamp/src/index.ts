/**
 * Time-stamps: RFC 3161 with RFC 5816, over CMS (RFC 5652). Pure: requests, responses and tokens are read and verified
 * here, in browsers and in Node; asking an authority and being one is `@cunzheng/timestamp/node`.
 */
export { TimestampError, type TimestampErrorCode } from './errors.js';
export { type MessageImprint, type Stamped } from './message-imprint.js';
export { createTimestampVerifier } from './receipt-verifier.js';
export { parseTimestampQuery, type TimestampQuery } from './request.js';
export { FAILURE_BITS, type FailureInfo, parseTimestampResponse } from './response.js';
export {
  type TokenRequest,
  type VerifiedToken,
  describeToken,
  parseToken,
  verifyToken,
} from './verify-token.js';
