/**
 * The closed objects of hashed JSON: every member is named by its format, unknown ones are refused, so that nobody can
 * hide in a signed document what a verifier does not look at.
 */
import { CanonicalJsonError, type CanonicalValue, parseCanonical } from '@cunzheng/canonical-json';
import { LedgerError, type LedgerErrorCode } from './ledger-error.js';

export type Members = Readonly<Record<string, CanonicalValue>>;

/** Throws `code` with what was wanted; made once per document so that every check reads alike. */
export type Refuse = (message: string, cause?: unknown) => never;

/** A {@link Refuse} for documents called `document`. */
export function refuseAs(code: LedgerErrorCode, document: string): Refuse {
  return (message, cause) => {
    throw new LedgerError(code, `${document}: ${message}`, cause === undefined ? {} : { cause });
  };
}

/** The members of a canonical JSON object of at most `maxSizeBytes`. */
export function parseMembers(json: string | Uint8Array, maxSizeBytes: number, refuse: Refuse): Members {
  let value: CanonicalValue;
  try {
    value = parseCanonical(json, { maxSizeBytes });
  } catch (cause) {
    if (!(cause instanceof CanonicalJsonError)) throw cause;
    return refuse(cause.message, cause);
  }
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('want an object');
  return value;
}

/** Refuses `members` unless they are all of `required` and, beyond these, only some of `optional`. */
export function assertMemberNames(
  members: Members,
  required: readonly string[],
  optional: readonly string[],
  refuse: Refuse,
): void {
  const missing = required.find((name) => !Object.hasOwn(members, name));
  if (missing !== undefined) refuse(`member "${missing}" is missing`);
  const unknown = Object.keys(members).find((name) => !required.includes(name) && !optional.includes(name));
  if (unknown !== undefined) refuse(`member ${JSON.stringify(unknown)} is unknown`);
}

/** A string of 1 to `maxLength` UTF-16 units. */
export function stringMember(members: Members, name: string, maxLength: number, refuse: Refuse): string {
  const value = members[name];
  if (typeof value !== 'string' || value.length < 1 || value.length > maxLength) {
    return refuse(`"${name}" is no string of 1 to ${maxLength} characters`);
  }
  return value;
}

/** An integer `minimum`…2^53−1. */
export function integerMember(members: Members, name: string, minimum: number, refuse: Refuse): number {
  const value = members[name];
  if (typeof value !== 'number' || value < minimum)
    return refuse(`"${name}" is no integer of at least ${minimum}`);
  return value;
}
