/** The pages under docs/formats show the fixtures, byte for byte, so that no example can grow stale. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { fixtures } from './fixtures.js';

const FOLDER = 'docs/formats';
const PAGES = [
  'canonical-json',
  'statement',
  'envelope',
  'record',
  'receipt',
  'checkpoint',
  'tlog-proof',
  'trust',
];
const made = fixtures();

/** The fenced blocks of a page that follow a `<!-- fixture: NAME -->` line. */
function examples(page: string): [name: string, text: string][] {
  const text = readFileSync(join(FOLDER, page), 'utf8');
  const blocks = text.matchAll(/<!-- fixture: (\S+) -->\n```\w*\n([\s\S]*?)```\n/g);
  return [...blocks].map(([, name, body]) => [name!, body!]);
}

describe('docs/formats', () => {
  it.each(PAGES)('%s.md shows its fixtures as they are', (page) => {
    const shown = examples(`${page}.md`);
    expect(shown.length).toBeGreaterThan(0);
    for (const [name, text] of shown) {
      const fixture = made[name]!;
      // A fence ends its text with a newline, whether the format has one or not.
      expect(text).toBe(fixture.endsWith('\n') ? fixture : `${fixture}\n`);
    }
  });

  it('shows every fixture somewhere but the document itself', () => {
    const shown = new Set(PAGES.flatMap((page) => examples(`${page}.md`).map(([name]) => name)));
    expect([...shown].sort()).toEqual(
      Object.keys(made)
        .filter((name) => name !== 'document.txt')
        .sort(),
    );
  });

  it('lists each of its pages, and its links lead somewhere', () => {
    const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8');
    for (const page of readdirSync(FOLDER).filter((name) => name !== 'README.md')) {
      expect(readme).toContain(`](${page})`);
    }
    for (const page of PAGES) {
      const links = readFileSync(join(FOLDER, `${page}.md`), 'utf8').matchAll(/\]\(([a-z-]+\.md)\)/g);
      for (const [, link] of links) expect(readme).toContain(`](${link!})`);
    }
    expect(PAGES.every((page) => existsSync(join(FOLDER, `${page}.md`)))).toBe(true);
  });
});
