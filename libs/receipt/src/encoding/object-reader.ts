/**
 * Reads one JSON object member by member: exactly the members a format names, each of its type and within its limits.
 * What it reads is hostile until it has passed. Errors name the member by JSON pointer and never quote a text value.
 */
import { parseTime } from '@cunzheng/ledger';

import { ReceiptError, type MemberFault, type Structure } from '../errors.js';
import { decodeBase64 } from './base64.js';
import { isHex } from './hex.js';

/** Inclusive bounds, in Unicode code points for texts and in items for lists. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The names a format allows, made once per format. */
export interface MemberNames {
  readonly required: readonly string[];
  readonly known: ReadonlySet<string>;
}

export function memberNames(required: readonly string[], optional: readonly string[] = []): MemberNames {
  return { required, known: new Set([...required, ...optional]) };
}

export class ObjectReader {
  private readonly object: Readonly<Record<string, unknown>>;

  /** Throws ReceiptError unless `value` is an object with exactly the required and perhaps the optional members. */
  constructor(
    value: unknown,
    names: MemberNames,
    private readonly structure: Structure,
    private readonly path = '',
  ) {
    this.object = asObject(value, structure, path);
    for (const name of Object.keys(this.object)) {
      if (!names.known.has(name)) this.refuse('members', name, 'unknown member');
    }
    for (const name of names.required) {
      if (!this.has(name)) this.refuse('members', name, 'member is missing');
    }
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  value(name: string): unknown {
    return this.object[name];
  }

  text(name: string, bounds: Bounds): string {
    const value = this.object[name];
    // The path is only built for the message of an error.
    if (typeof value === 'string' && hasLength(value, bounds)) return value;
    return expectText(value, bounds, this.structure, this.pathOf(name));
  }

  /** A text of a syntax; `want` says which, for the message. */
  pattern(name: string, syntax: RegExp, want: string): string {
    const value = this.anyText(name);
    if (!syntax.test(value)) this.refuse('value', name, `expected ${want}, got ${describe(value)}`);
    return value;
  }

  /** `sizeBytes` bytes in lower-case hex. */
  hex(name: string, sizeBytes: number): string {
    const text = this.anyText(name);
    if (isHex(text, sizeBytes)) return text;
    return this.refuse(
      'value',
      name,
      `expected ${2 * sizeBytes} lower-case hex digits, got ${describe(text)}`,
    );
  }

  /** A time in its one form, in milliseconds since the epoch. */
  time(name: string): number {
    const text = this.anyText(name);
    try {
      return parseTime(text);
    } catch (cause) {
      return this.refuse('value', name, 'expected a time as YYYY-MM-DDTHH:MM:SS.mmmZ', cause);
    }
  }

  /** 1…maxSizeBytes bytes in padded base64; the text itself is returned. */
  base64(name: string, maxSizeBytes: number): string {
    return expectBase64(this.object[name], maxSizeBytes, this.structure, this.pathOf(name));
  }

  anyText(name: string): string {
    const value = this.object[name];
    if (typeof value !== 'string')
      return this.refuse('type', name, `expected a string, got ${describe(value)}`);
    return value;
  }

  /** One of a closed list. */
  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.anyText(name);
    const choice = choices.find((candidate) => candidate === value);
    return (
      choice ?? this.refuse('value', name, `expected one of ${choices.join(', ')}, got ${describe(value)}`)
    );
  }

  integer(name: string, min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    return expectInteger(this.object[name], { min, max }, this.structure, this.pathOf(name));
  }

  list(name: string, bounds: Bounds): readonly unknown[] {
    const value = this.object[name];
    if (Array.isArray(value) && value.length >= bounds.min && value.length <= bounds.max) return value;
    return expectList(value, bounds, this.structure, this.pathOf(name));
  }

  /** The `format` member: a structure of another version is refused as such. */
  version(name: string, want: string): void {
    if (this.anyText(name) !== want) this.refuse('version', name, `expected ${want}, got another version`);
  }

  pathOf(name: string): string {
    return `${this.path}/${name.slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }

  refuse(fault: MemberFault, name: string, message: string, cause?: unknown): never {
    return refuse(this.structure, fault, this.pathOf(name), message, cause);
  }
}

export function refuse(
  structure: Structure,
  fault: MemberFault,
  path: string,
  message: string,
  cause?: unknown,
): never {
  throw new ReceiptError(`${structure}-${fault}`, message, cause === undefined ? { path } : { path, cause });
}

export function expectText(value: unknown, bounds: Bounds, structure: Structure, path: string): string {
  if (typeof value !== 'string')
    return refuse(structure, 'type', path, `expected a string, got ${describe(value)}`);
  if (!hasLength(value, bounds)) {
    const want = `${bounds.min}…${bounds.max} characters`;
    refuse(structure, 'value', path, `expected ${want}, got ${countCharacters(value)}`);
  }
  return value;
}

export function expectInteger(value: unknown, bounds: Bounds, structure: Structure, path: string): number {
  if (!Number.isSafeInteger(value))
    refuse(structure, 'type', path, `expected an integer, got ${describe(value)}`);
  const integer = value as number;
  if (integer < bounds.min || integer > bounds.max) {
    refuse(structure, 'value', path, `expected ${bounds.min}…${bounds.max}, got ${integer}`);
  }
  return integer;
}

export function expectList(
  value: unknown,
  bounds: Bounds,
  structure: Structure,
  path: string,
): readonly unknown[] {
  if (!Array.isArray(value))
    return refuse(structure, 'type', path, `expected an array, got ${describe(value)}`);
  if (value.length < bounds.min || value.length > bounds.max) {
    refuse(structure, 'value', path, `expected ${bounds.min}…${bounds.max} items, got ${value.length}`);
  }
  return value as readonly unknown[];
}

export function expectBase64(
  value: unknown,
  maxSizeBytes: number,
  structure: Structure,
  path: string,
): string {
  const fits = typeof value === 'string' && value.length <= Math.ceil(maxSizeBytes / 3) * 4;
  const sizeBytes = fits ? (decodeBase64(value)?.length ?? 0) : 0;
  if (fits && sizeBytes > 0 && sizeBytes <= maxSizeBytes) return value;
  const want = `1…${maxSizeBytes} bytes in padded base64`;
  return refuse(
    structure,
    typeof value === 'string' ? 'value' : 'type',
    path,
    `expected ${want}, got ${describe(value)}`,
  );
}

/** What a message may say of a hostile or private value: its type and size, an integer's value, nothing more. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `a string of ${countCharacters(value)} characters`;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value === null ? 'null' : value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}

function asObject(value: unknown, structure: Structure, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  return refuse(structure, 'type', path, `expected an object, got ${describe(value)}`);
}

/** Length in code points, counted only where UTF-16 units leave the answer open. */
function hasLength(text: string, { min, max }: Bounds): boolean {
  if (text.length < min || text.length > 2 * max) return false;
  if (text.length <= max && text.length >= 2 * min) return true;
  const count = countCharacters(text);
  return count >= min && count <= max;
}

function countCharacters(text: string): number {
  let pairs = 0;
  for (let i = 1; i < text.length; i++) {
    if (isLow(text.charCodeAt(i)) && isHigh(text.charCodeAt(i - 1))) pairs++;
  }
  return text.length - pairs;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
