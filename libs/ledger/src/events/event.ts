/**
 * Events of the log itself (entry type 02), `cunzheng/event@v1`: public documents about the log's own life, such as its
 * opening or a change of key. Every kind has these members and its own; a kind that a reader does not know is hashed and
 * passed by. Format: docs/formats/event.md.
 */
import { type CanonicalValue } from '@cunzheng/canonical-json';
import { type Members, parseMembers, refuseAs, stringMember } from '../members.js';
import { parseOrigin } from '../origin.js';
import { parseTime } from '../time.js';

export const EVENT_FORMAT = 'cunzheng/event@v1';

/** No event body is longer, in bytes. */
export const MAX_EVENT_SIZE = 1_048_576;

export interface LogEvent {
  readonly createdAt: string;
  /** The kind of event, such as `open`. */
  readonly event: string;
  readonly format: typeof EVENT_FORMAT;
  /** Origin of the log. */
  readonly log: string;
}

/** The members that every kind of event has. */
export const EVENT_NAMES = ['createdAt', 'event', 'format', 'log'];

const MAX_ORIGIN_LENGTH = 400;
const KIND = /^[a-z][a-z-]{0,31}$/;

/**
 * What every event says, and in `members` all that this one says. Members of its kind are not looked at: that is for the
 * codec of the kind. Throws `event-invalid`, `time-invalid`, `origin-invalid`.
 */
export function parseEvent(
  body: Uint8Array,
): LogEvent & { readonly members: Readonly<Record<string, CanonicalValue>> } {
  const refuse = refuseAs('event-invalid', 'log event');
  const members: Members = parseMembers(body, MAX_EVENT_SIZE, refuse);
  if (members['format'] !== EVENT_FORMAT) refuse(`"format" is not ${EVENT_FORMAT}`);
  const event = stringMember(members, 'event', 32, refuse);
  if (!KIND.test(event)) refuse('"event" is no lower-case word');
  const createdAt = stringMember(members, 'createdAt', 24, refuse);
  const log = stringMember(members, 'log', MAX_ORIGIN_LENGTH, refuse);
  parseTime(createdAt, 'log event: createdAt');
  parseOrigin(log);
  return { createdAt, event, format: EVENT_FORMAT, log, members };
}
