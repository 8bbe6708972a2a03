/**
 * The `open` event, with which block 0 begins: who runs the log and with which keys it signs, said before anything else
 * and fixed by the first checkpoint. It binds the log, it proves nobody's identity: trust in a key stays the verifier's.
 */
import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { EVENT_FORMAT, EVENT_NAMES, type LogEvent, parseEvent } from './event.js';
import { assertMemberNames, type Members, type Refuse, refuseAs, stringMember } from './members.js';

export interface Operator {
  readonly name: string;
  /** Unified social credit code. */
  readonly creditCode?: string;
  /** Number under which the service is filed with the regulator. */
  readonly filingNumber?: string;
}

export interface OpenEvent extends LogEvent {
  readonly event: 'open';
  /** C2SP signed-note verifier keys of the log, at least one. */
  readonly verifierKeys: readonly string[];
  readonly operator?: Operator;
}

/** C2SP signed-note "verifier key": name, key id, and base64 of algorithm byte and key. */
const VERIFIER_KEY = /^[^\s+\p{Cc}]{1,400}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,8000}={0,2}$/u;
const MAX_VERIFIER_KEYS = 16;
const refuse: Refuse = refuseAs('event-invalid', 'open event');

/** J(event), the body of its entry. Throws what {@link parseOpenEvent} throws. */
export function formatOpenEvent(event: Omit<OpenEvent, 'event' | 'format'>): Uint8Array {
  const body = formatCanonicalBytes({ ...event, event: 'open', format: EVENT_FORMAT });
  parseOpenEvent(body);
  return body;
}

/** The `open` event in `body`. Throws `event-invalid`, `time-invalid`, `origin-invalid`. */
export function parseOpenEvent(body: Uint8Array): OpenEvent {
  const { members, ...base } = parseEvent(body);
  if (base.event !== 'open') refuse(`event is "${base.event}"`);
  assertMemberNames(members, [...EVENT_NAMES, 'verifierKeys'], ['operator'], refuse);
  const open = { ...base, event: 'open', verifierKeys: parseVerifierKeys(members['verifierKeys']) } as const;
  const operator = members['operator'];
  return operator === undefined ? open : { ...open, operator: parseOperator(operator) };
}

function parseVerifierKeys(value: unknown): readonly string[] {
  const keys: unknown[] = Array.isArray(value) ? value : [];
  const valid = keys.filter((key): key is string => typeof key === 'string' && VERIFIER_KEY.test(key));
  if (valid.length !== keys.length || valid.length < 1 || valid.length > MAX_VERIFIER_KEYS) {
    return refuse(`"verifierKeys" is no list of 1 to ${MAX_VERIFIER_KEYS} signed-note verifier keys`);
  }
  if (new Set(valid).size !== valid.length) return refuse('"verifierKeys" names a key twice');
  return valid;
}

function parseOperator(value: Members[string]): Operator {
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('"operator" is no object');
  assertMemberNames(value, ['name'], ['creditCode', 'filingNumber'], refuse);
  const optional = (['creditCode', 'filingNumber'] as const)
    .filter((name) => value[name] !== undefined)
    .map((name) => [name, stringMember(value, name, 64, refuse)] as const);
  return { name: stringMember(value, 'name', 200, refuse), ...Object.fromEntries(optional) };
}
