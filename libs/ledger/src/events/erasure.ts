/**
 * The `erasure` event: that personal data was erased from the operator's database, without saying whose. The digest, if
 * there is one, binds the operator's own protocol of it, which has a salt so that it cannot be guessed.
 */
import { isHash } from '../hex.js';
import { integerMember } from '../members.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';

export interface ErasureEvent extends LogEvent {
  readonly event: 'erasure';
  /** How many records lost disclosures. */
  readonly count: number;
  /** Hex SHA-256 of the salted protocol of the erasure, which stays with the operator. */
  readonly digest?: string;
}

export const { parse: parseErasureEvent, format: formatErasureEvent } = defineEventKind<ErasureEvent>(
  'erasure',
  {
    required: ['count'],
    optional: ['digest'],
    read: (members, refuse) => {
      const { digest } = members;
      if (digest !== undefined && !isHash(digest)) return refuse('"digest" is no hash of 64 hex digits');
      const count = integerMember(members, 'count', 1, refuse);
      return digest === undefined ? { count } : { count, digest };
    },
  },
);
