/** JSON that is hashed: RFC 8785 over a narrow domain. The format is docs/formats/canonical-json.md. */
export { assertCanonicalDomain, type CanonicalValue, MAX_DEPTH } from './domain.js';
export { CanonicalJsonError, type CanonicalJsonErrorCode } from './errors.js';
export { formatCanonical, formatCanonicalBytes } from './format.js';
export { type CanonicalLimits, DEFAULT_MAX_SIZE_BYTES, parseCanonical } from './parse.js';
