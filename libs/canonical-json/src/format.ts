/**
 * J(x): a value as RFC 8785 (JSON Canonicalization Scheme) text, after the domain check of ./domain.ts. Every hash and
 * signature of Cunzheng over JSON is a hash or signature over these bytes.
 */
import { type CanonicalValue, inspectDomain } from './domain.js';

const encoder = new TextEncoder();

/** J(value) as a string. Throws CanonicalJsonError when the value may not be hashed. */
export function formatCanonical(value: unknown): string {
  const { sorted } = inspectDomain(value);
  return formatInspected(value as CanonicalValue, sorted);
}

/** J(value) as UTF-8 bytes. Throws CanonicalJsonError when the value may not be hashed. */
export function formatCanonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(formatCanonical(value));
}

/**
 * J(value) for a value that passed the domain check. Inside the domain JCS differs from `JSON.stringify` in nothing but
 * the order of members (RFC 8785 §3.2.3), so a value whose members are in order already needs no sorting pass.
 */
export function formatInspected(value: CanonicalValue, sorted: boolean): string {
  return sorted ? JSON.stringify(value) : formatSorted(value);
}

function formatSorted(value: CanonicalValue): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(formatSorted).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${formatSorted(member)}`).join(',')}}`;
}
