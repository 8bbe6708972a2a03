/**
 * Every kind of event that this version writes: a closed list, each kind parsed to its last member. A reader of the
 * public log passes kinds by that it does not know; a writer knows what it writes.
 */
import { type AcceptLossEvent, parseAcceptLossEvent } from './accept-loss.js';
import { type CloseEvent, parseCloseEvent } from './close.js';
import { type ErasureEvent, parseErasureEvent } from './erasure.js';
import { parseEvent } from './event.js';
import { type KeyChangeEvent, parseKeyChangeEvent } from './key-change.js';
import { type OpenEvent, parseOpenEvent } from './open.js';
import { parseRevocationEvent, type RevocationEvent } from './revocation.js';

export type KnownEvent =
  OpenEvent | KeyChangeEvent | RevocationEvent | ErasureEvent | AcceptLossEvent | CloseEvent;

const PARSERS: Readonly<Record<KnownEvent['event'], (body: Uint8Array) => KnownEvent>> = {
  open: parseOpenEvent,
  'key-change': parseKeyChangeEvent,
  revocation: parseRevocationEvent,
  erasure: parseErasureEvent,
  'accept-loss': parseAcceptLossEvent,
  close: parseCloseEvent,
};

/**
 * The event in `body`, or undefined for a kind that this version does not know. Throws `event-invalid`, `time-invalid`,
 * `origin-invalid` for what is no event, and for one of a known kind that does not have exactly its members.
 */
export function parseKnownEvent(body: Uint8Array): KnownEvent | undefined {
  const { event } = parseEvent(body);
  return Object.hasOwn(PARSERS, event) ? PARSERS[event as KnownEvent['event']](body) : undefined;
}
