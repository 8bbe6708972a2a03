/**
 * How the codec of one kind of event is made: the members that all events have, those of the kind, and no others. What
 * is written is read again first, so that no event enters a log that this code would refuse.
 */
import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { assertMemberNames, type Members, type Refuse, refuseAs } from '../members.js';
import { EVENT_FORMAT, EVENT_NAMES, type LogEvent, parseEvent } from './event.js';

export interface EventKind<E extends LogEvent> {
  /** The event in `body`. Throws `event-invalid`, `time-invalid`, `origin-invalid`. */
  readonly parse: (body: Uint8Array) => E;
  /** J(event), the body of its entry. Throws what `parse` throws. */
  readonly format: (event: Omit<E, 'event' | 'format'>) => Uint8Array;
}

/** What one kind adds to the members that every event has. */
interface KindMembers<E extends LogEvent> {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** The kind's own members, checked. */
  readonly read: (members: Members, refuse: Refuse) => Omit<E, keyof LogEvent>;
}

export function defineEventKind<E extends LogEvent>(
  kind: E['event'],
  { required, optional = [], read }: KindMembers<E>,
): EventKind<E> {
  const refuse = refuseAs('event-invalid', `${kind} event`);
  const parse = (body: Uint8Array): E => {
    const { members, ...base } = parseEvent(body);
    if (base.event !== kind) refuse(`event is "${base.event}"`);
    assertMemberNames(members, [...EVENT_NAMES, ...required], optional, refuse);
    return { ...base, ...read(members, refuse) } as E;
  };
  const format = (event: Omit<E, 'event' | 'format'>): Uint8Array => {
    const body = formatCanonicalBytes({ ...event, event: kind, format: EVENT_FORMAT });
    parse(body);
    return body;
  };
  return { parse, format };
}
