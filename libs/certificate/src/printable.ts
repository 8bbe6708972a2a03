/**
 * What a certificate can print. Texts come from strangers: a character without a glyph, a control character or one that
 * reorders text is written as its code point, such as `[U+20BB7]`, never as a blank, and never left out.
 */

/** Other (controls, format characters such as bidirectional overrides, private use, unassigned) and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** `text` with every character that `glyphs` (code points of the font) lacks made visible. */
export function formatPrintable(text: string, glyphs: ReadonlySet<number>): string {
  return Array.from(text, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    const printable = glyphs.has(codePoint) && !UNPRINTABLE.test(character);
    return printable ? character : `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
  }).join('');
}

/** The first `limit` characters, with `mark` where more follow. */
export function truncate(text: string, limit: number, mark: string): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit).join('')}${mark}`;
}
