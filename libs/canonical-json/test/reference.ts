/**
 * A second, slow implementation of J(x), written from RFC 8785 §3.2 and the domain rules alone, to compare with: it
 * sorts by UTF-16 units, writes each character by hand and decides about each code point by number.
 */
export function referenceCanonical(value: unknown, depth = 0): string {
  if (typeof value === 'string') return referenceString(value);
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < 0 || value > 2 ** 53 - 1 || 1 / value === -Infinity)
      throw new Error('number');
    return BigInt(value).toString();
  }
  if (typeof value !== 'object' || value === null) throw new Error('type');
  if (depth + 1 > 6) throw new Error('depth');
  if (Array.isArray(value)) return `[${value.map((item) => referenceCanonical(item, depth + 1)).join(',')}]`;
  const names = Object.keys(value).sort(compareUnits);
  if (names.some((name) => name === '__proto__' || !/^[ -~]*$/.test(name))) throw new Error('name');
  const members = names.map((name) => {
    const member = (value as Record<string, unknown>)[name];
    return `${referenceString(name)}:${referenceCanonical(member, depth + 1)}`;
  });
  return `{${members.join(',')}}`;
}

function compareUnits(a: string, b: string): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const SHORT: Record<number, string> = {
  8: '\\b',
  9: '\\t',
  10: '\\n',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

function referenceString(text: string): string {
  let out = '"';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff)) throw new Error('nul or surrogate');
    if ((code >= 0xfdd0 && code <= 0xfdef) || code % 0x10000 >= 0xfffe) throw new Error('noncharacter');
    const escape = SHORT[code] ?? (code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : character);
    out += escape;
  }
  return `${out}"`;
}
