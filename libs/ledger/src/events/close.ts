/**
 * The `close` event, the last entry of a log's last block but for the block's header: nothing follows. Whoever finds a
 * larger tree of this log has found a second history.
 */
import { integerMember, stringMember } from '../members.js';
import { parseOrigin } from '../origin.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';

export interface CloseEvent extends LogEvent {
  readonly event: 'close';
  /** Tree size at the end of this event's block: the log's last. */
  readonly lastSize: number;
  /** Origin of the log that records go to from now on. */
  readonly next?: string;
}

const MAX_ORIGIN_LENGTH = 400;

export const { parse: parseCloseEvent, format: formatCloseEvent } = defineEventKind<CloseEvent>('close', {
  required: ['lastSize'],
  optional: ['next'],
  read: (members, refuse) => {
    const lastSize = integerMember(members, 'lastSize', 1, refuse);
    if (members['next'] === undefined) return { lastSize };
    const next = stringMember(members, 'next', MAX_ORIGIN_LENGTH, refuse);
    parseOrigin(next);
    return { lastSize, next };
  },
});
