/**
 * The `revocation` event: from when on a signer's key, or one certificate for it, must not be relied on. It names keys by
 * their hash alone: who held one is said to those who were shown the signer.
 */
import { isHash } from '../hex.js';
import { type Members, type Refuse, stringMember } from '../members.js';
import { parseTime } from '../time.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';

/** Reasons as RFC 5280 §5.3.1 has them, those that a revocation for good can have. */
export const REVOCATION_REASONS = [
  'affiliation-changed',
  'ca-compromise',
  'cessation-of-operation',
  'key-compromise',
  'privilege-withdrawn',
  'superseded',
  'unspecified',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export interface RevocationEvent extends LogEvent {
  readonly event: 'revocation';
  /** Hex SHA-256 of the key's DER SubjectPublicKeyInfo. */
  readonly keyid: string;
  /** Hex SHA-256 of the DER certificate, where the revocation is of that certificate and not of the key itself. */
  readonly certificate?: string;
  /** From when on the key is not to be relied on; may be before `createdAt`. */
  readonly effectiveAt: string;
  readonly reason?: RevocationReason;
}

export const { parse: parseRevocationEvent, format: formatRevocationEvent } =
  defineEventKind<RevocationEvent>('revocation', {
    required: ['effectiveAt', 'keyid'],
    optional: ['certificate', 'reason'],
    read: (members, refuse) => {
      const effectiveAt = stringMember(members, 'effectiveAt', 24, refuse);
      parseTime(effectiveAt, 'revocation event: effectiveAt');
      return { effectiveAt, keyid: hashMember(members, 'keyid', refuse), ...readOptional(members, refuse) };
    },
  });

function readOptional(members: Members, refuse: Refuse): Pick<RevocationEvent, 'certificate' | 'reason'> {
  const { reason } = members;
  const known = REVOCATION_REASONS.find((name) => name === reason);
  if (reason !== undefined && known === undefined)
    refuse(`"reason" is none of ${REVOCATION_REASONS.join(', ')}`);
  return {
    ...(members['certificate'] !== undefined && {
      certificate: hashMember(members, 'certificate', refuse),
    }),
    ...(known && { reason: known }),
  };
}

function hashMember(members: Members, name: string, refuse: Refuse): string {
  const value = members[name];
  return isHash(value) ? value : refuse(`"${name}" is no hash of 64 hex digits`);
}
