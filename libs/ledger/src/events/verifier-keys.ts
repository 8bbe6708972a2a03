/** The list of the log's keys in an event: C2SP signed-note "verifier key" lines, name, key id and base64 of the key. */
import { type Members, type Refuse } from '../members.js';

const VERIFIER_KEY = /^[^\s+\p{Cc}]{1,400}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,8000}={0,2}$/u;
const MAX_VERIFIER_KEYS = 16;

/** 1 to 16 keys, none twice. They are compared as text: a key is not looked into here. */
export function verifierKeysMember(members: Members, refuse: Refuse): readonly string[] {
  const value = members['verifierKeys'];
  const keys: readonly unknown[] = Array.isArray(value) ? value : [];
  const valid = keys.filter((key): key is string => typeof key === 'string' && VERIFIER_KEY.test(key));
  if (valid.length !== keys.length || valid.length < 1 || valid.length > MAX_VERIFIER_KEYS) {
    return refuse(`"verifierKeys" is no list of 1 to ${MAX_VERIFIER_KEYS} signed-note verifier keys`);
  }
  if (new Set(valid).size !== valid.length) return refuse('"verifierKeys" names a key twice');
  return valid;
}
