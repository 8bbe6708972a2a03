/**
 * The values that may be hashed: strings, integers 0…2^53−1, arrays and objects, and nothing else. What RFC 8785 (JCS)
 * allows beyond that (null, booleans, fractions, negative numbers) is refused, so that two implementations can only
 * agree: no number formatting, no missing-or-null question. docs/formats/canonical-json.md lists the rules.
 *
 * Depth counts containers: a string or integer has depth 0, `[]` and `{}` have depth 1, and each level of nesting adds
 * one. At most {@link MAX_DEPTH} are allowed.
 */
import { CanonicalJsonError, type CanonicalJsonErrorCode } from './errors.js';

export type CanonicalValue = string | number | CanonicalValue[] | { [name: string]: CanonicalValue };

/** Containers inside containers, the outermost included. */
export const MAX_DEPTH = 6;

/** Every UTF-16 unit that occurs in a forbidden character: a quick look that most texts pass. */
const SUSPECT = /[\0\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;
/** Lone surrogates, the 66 Unicode noncharacters (U+FDD0…FDEF, U+nFFFE, U+nFFFF) and U+0000. */
const FORBIDDEN = /[\0\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

/** How a walk over a value goes on; `path` grows and shrinks with the recursion and is read only for an error. */
interface Walk {
  readonly checkStrings: boolean;
  readonly path: (string | number)[];
  sorted: boolean;
}

/**
 * Throws CanonicalJsonError unless `value` lies in the domain. Returns whether every object lists its members in the
 * order JCS wants (UTF-16 code units), in which case `JSON.stringify` already writes J(value).
 *
 * `checkStrings: false` is for a caller that has shown, on the whole text at once, that no string can be forbidden.
 */
export function inspectDomain(value: unknown, checkStrings = true): { sorted: boolean } {
  const walk: Walk = { checkStrings, path: [], sorted: true };
  inspectValue(value, walk, 0);
  return walk;
}

/** Throws CanonicalJsonError, with a path, unless `value` may be hashed. */
export function assertCanonicalDomain(value: unknown): asserts value is CanonicalValue {
  inspectDomain(value);
}

/** Whether a text holds a character no hashed string may hold. */
export function hasForbiddenCharacter(text: string): boolean {
  return SUSPECT.test(text) && FORBIDDEN.test(text);
}

function inspectValue(value: unknown, walk: Walk, depth: number): void {
  if (typeof value === 'string') {
    if (walk.checkStrings && hasForbiddenCharacter(value)) refuseString(value, walk);
  } else if (typeof value === 'number') {
    inspectNumber(value, walk);
  } else if (typeof value === 'object' && value !== null) {
    if (depth === MAX_DEPTH) refuse(walk, 'depth', `nested deeper than ${MAX_DEPTH} arrays or objects`);
    if (Array.isArray(value)) inspectArray(value, walk, depth + 1);
    else inspectObject(value, walk, depth + 1);
  } else {
    refuseType(value, walk);
  }
}

function inspectArray(items: readonly unknown[], walk: Walk, depth: number): void {
  for (let index = 0; index < items.length; index++) {
    walk.path.push(index);
    inspectValue(items[index], walk, depth);
    walk.path.pop();
  }
}

function inspectObject(object: object, walk: Walk, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(object);
  // Plain objects of any realm: their prototype, if any, is the end of the chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    refuse(walk, 'type', 'expected a plain object, got an instance of a class');
  }
  const members = object as Readonly<Record<string, unknown>>;
  let previous = '';
  for (const name of Object.keys(members)) {
    if (name === '__proto__' || !isPrintableAscii(name)) refuseName(name, walk);
    if (name < previous) walk.sorted = false;
    previous = name;
    walk.path.push(name);
    inspectValue(members[name], walk, depth);
    walk.path.pop();
  }
}

function isPrintableAscii(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}

function inspectNumber(value: number, walk: Walk): void {
  if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return;
  if (!Number.isInteger(value)) refuse(walk, 'float', `expected an integer, got ${value}`);
  const got = Object.is(value, -0) ? '-0' : String(value);
  refuse(walk, 'integer-range', `expected an integer 0…2^53-1, got ${got}`);
}

function refuseString(value: string, walk: Walk): never {
  if (value.includes('\0')) refuse(walk, 'nul', 'U+0000 is not allowed in a string');
  if (/\p{Surrogate}/u.test(value)) refuse(walk, 'surrogate', 'a lone surrogate is not allowed in a string');
  return refuse(walk, 'noncharacter', 'a Unicode noncharacter is not allowed in a string');
}

function refuseName(name: string, walk: Walk): never {
  return refuse(walk, 'member-name', `expected a printable ASCII member name, got ${JSON.stringify(name)}`);
}

function refuseType(value: unknown, walk: Walk): never {
  if (value === null) refuse(walk, 'null', 'null is not allowed; leave the member out');
  if (typeof value === 'boolean') refuse(walk, 'boolean', 'a boolean is not allowed; use a string');
  return refuse(walk, 'type', `expected a string, integer, array or object, got ${typeof value}`);
}

function refuse(walk: Walk, code: CanonicalJsonErrorCode, message: string): never {
  const path = walk.path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  throw new CanonicalJsonError(code, message, path);
}
