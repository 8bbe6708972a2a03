/**
 * The `open` event, with which block 0 begins: who runs the log and with which keys it signs, said before anything else
 * and fixed by the first checkpoint. It binds the log, it proves nobody's identity: trust in a key stays the verifier's.
 */
import { assertMemberNames, type Members, type Refuse, stringMember } from '../members.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';
import { verifierKeysMember } from './verifier-keys.js';

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

export const { parse: parseOpenEvent, format: formatOpenEvent } = defineEventKind<OpenEvent>('open', {
  required: ['verifierKeys'],
  optional: ['operator'],
  read: (members, refuse) => {
    const verifierKeys = verifierKeysMember(members, refuse);
    const operator = members['operator'];
    return operator === undefined
      ? { verifierKeys }
      : { verifierKeys, operator: parseOperator(operator, refuse) };
  },
});

function parseOperator(value: Members[string], refuse: Refuse): Operator {
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('"operator" is no object');
  assertMemberNames(value, ['name'], ['creditCode', 'filingNumber'], refuse);
  const optional = (['creditCode', 'filingNumber'] as const)
    .filter((name) => value[name] !== undefined)
    .map((name) => [name, stringMember(value, name, 64, refuse)] as const);
  return { name: stringMember(value, 'name', 200, refuse), ...Object.fromEntries(optional) };
}
