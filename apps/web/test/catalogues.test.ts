/** The two catalogues: the same keys, no empty text, sentences that use all they are given, and both clocks. */
import { explorerEn } from '../src/explorer/words-en.js';
import { explorerZh } from '../src/explorer/words-zh.js';
import { en } from '../src/language/en.js';
import { formatTimes } from '../src/language/format-time.js';
import { zh } from '../src/language/zh.js';

/** Every text by its path; a sentence is said with numbered words. */
function textsOf(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const here = `${path}/${key}`;
    if (typeof value === 'string') return [[here, value]];
    if (typeof value === 'function') {
      const given = Array.from({ length: value.length }, (_, index) => `#${index}`);
      return [[here, (value as (...words: string[]) => string)(...given)]];
    }
    return textsOf(value as object, here);
  });
}

/** By path, so that the order in a file means nothing. */
const sorted = (...catalogues: object[]): [string, string][] =>
  catalogues.flatMap((words) => textsOf(words)).sort(([a], [b]) => (a < b ? -1 : 1));

const texts = { en: sorted(en, explorerEn), zh: sorted(zh, explorerZh) };

describe('the catalogues', () => {
  test('have the same keys', () => {
    expect(texts.zh.map(([path]) => path)).toEqual(texts.en.map(([path]) => path));
  });

  test('leave nothing empty', () => {
    expect([...texts.en, ...texts.zh].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('put what they are given into both sentences alike', () => {
    const placesOf = (text: string): string[] => [...new Set(text.match(/#\d/g) ?? [])].sort();
    expect(texts.zh.map(([path, text]) => [path, placesOf(text)])).toEqual(
      texts.en.map(([path, text]) => [path, placesOf(text)]),
    );
  });

  test('are in the language they say', () => {
    const hasChinese = (text: string): boolean => /\p{Script=Han}/u.test(text);
    expect(texts.en.filter(([, text]) => hasChinese(text))).toEqual([]);
    const notTranslated = texts.zh.filter(([, text]) => !hasChinese(text)).map(([path]) => path);
    expect(notTranslated).toEqual([]);
  });
});

test('Beijing time is eight hours ahead, over the end of a year too', () => {
  expect(formatTimes('2026-12-31T17:00:00.001Z')).toEqual({
    utc: '2026-12-31 17:00:00.001 UTC',
    beijing: '2027-01-01 01:00:00.001 UTC+8',
  });
  expect(formatTimes('<b>soon</b>')).toEqual({ utc: '<b>soon</b>', beijing: '<b>soon</b>' });
});
