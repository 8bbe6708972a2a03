/**
 * The `key-change` event: with which keys the log signs from now on. The checkpoint over the event's own block is the
 * last one of the keys before, so they vouch for their successors; `lastSize` says its tree size, which ends their window.
 */
import { integerMember } from '../members.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';
import { verifierKeysMember } from './verifier-keys.js';

export interface KeyChangeEvent extends LogEvent {
  readonly event: 'key-change';
  /** All keys that sign checkpoints of more than `lastSize` leaves, in the order of their lines. */
  readonly verifierKeys: readonly string[];
  /** Tree size at the end of this event's block. */
  readonly lastSize: number;
}

export const { parse: parseKeyChangeEvent, format: formatKeyChangeEvent } = defineEventKind<KeyChangeEvent>(
  'key-change',
  {
    required: ['lastSize', 'verifierKeys'],
    read: (members, refuse) => ({
      lastSize: integerMember(members, 'lastSize', 1, refuse),
      verifierKeys: verifierKeysMember(members, refuse),
    }),
  },
);
