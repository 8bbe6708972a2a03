/**
 * The documentation against what it speaks of: links, files, scripts, settings and rules that it names exist, and the two
 * READMEs tell the same story. The pages of docs/formats are held to their fixtures by the libraries' own tests.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadSettings, settingNames } from '@cunzheng/settings';
import { blocksOf } from '@test/snippets.js';

const TOP = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const FOLDERS = 'apps|libs|migrations|test|demo|bench|faults|docs|docker|scripts';

const pages = [
  ...TOP,
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const read = (page: string): string => readFileSync(page, 'utf8');

const projects = ['apps', 'libs'].flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`),
);

const proseOf = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');

const headingsOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/^(#+) (.+)$/gm)].map(([heading]) => heading);

const levelsOf = (text: string): number[] => headingsOf(text).map((heading) => heading.indexOf(' '));

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number} _-]/gu, '')
    .replaceAll(' ', '-');

const linksOf = (text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

/** Rows of all tables whose first heading is `first`, as cells. */
function rowsOf(text: string, first: string): string[][] {
  const tables = proseOf(text).match(/(?:^\|.*\|$\n?)+/gm) ?? [];
  return tables
    .map((table) => table.trim().split('\n').map(cellsOf))
    .filter(([head]) => head?.[0] === first)
    .flatMap((rows) => rows.slice(2));
}

const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const unquote = (cell: string): string | undefined => /^`(.+)`$/.exec(cell)?.[1];

describe('every page', () => {
  test.each(pages)('%s: links lead somewhere', (page) => {
    for (const link of linksOf(read(page)).filter((target) => !/^https?:/.test(target))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      expect([link, existsSync(target)]).toEqual([link, true]);
      if (anchor !== undefined) expect(headingsOf(read(target)).map(anchorOf)).toContain(decodeURI(anchor));
    }
  });

  test.each(pages)('%s: files of the repository that it names exist', (page) => {
    const quoted = [...read(page).matchAll(/`((?:[A-Za-z.][\w.-]*\/)+[\w.-]*)`/g)].map(([, path]) => path!);
    const ours = quoted.filter((path) => new RegExp(`^(?:${FOLDERS})/`).test(path));
    expect(ours.filter((path) => !existsSync(path))).toEqual([]);
  });

  test.each(pages)('%s: npm scripts that it names exist', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = read(page).matchAll(/npm (?:run (?:--silent )?([a-z:]+)|(start|test)\b)/g);
    expect([...named].map(([, run, short]) => run ?? short!).filter((name) => !(name in scripts))).toEqual(
      [],
    );
  });

  test.each(pages)('%s: one title, first, and no level left out', (page) => {
    const levels = levelsOf(read(page));
    expect([levels[0], levels.filter((level) => level === 1).length]).toEqual([1, 1]);
    levels.reduce((previous, level) => {
      expect(level).toBeLessThanOrEqual(previous + 1);
      return level;
    }, 1);
  });
});

describe('README', () => {
  const english = read('README.md');
  const chinese = read('README.zh-CN.md');
  const codeOf = (text: string, language: string): string[] =>
    blocksOf(text)
      .filter((block) => block.language === language)
      .map(({ code }) => code);

  test('shows the two commands literally, each in a block of its own', () => {
    for (const text of [english, chinese]) {
      expect(codeOf(text, 'sh')).toEqual(
        expect.arrayContaining(['npm ci && npm run demo\n', 'npm ci && npm test\n']),
      );
    }
  });

  test('is the same in both languages: headings, commands, and links', () => {
    const elsewhere = (text: string): string[] =>
      linksOf(text)
        .filter((link) => !/^#|^README/.test(link))
        .map((link) => link.replace('.zh-CN.md', '.md'));
    expect(levelsOf(chinese)).toEqual(levelsOf(english));
    expect(codeOf(chinese, 'sh')).toEqual(codeOf(english, 'sh'));
    expect(codeOf(chinese, 'text')).toHaveLength(codeOf(english, 'text').length);
    expect(elsewhere(chinese)).toEqual(elsewhere(english));
  });

  test('lays out every folder that holds code', () => {
    const shown = (text: string): string[] =>
      codeOf(text, 'text')
        .flatMap((code) => code.split('\n'))
        .flatMap((line) => new RegExp(`^((?:${FOLDERS})/[a-z0-9-]*/?) `).exec(line)?.[1] ?? []);
    for (const text of [english, chinese]) {
      expect(shown(text).filter((path) => !existsSync(path))).toEqual([]);
      expect(shown(text)).toEqual(expect.arrayContaining(projects.map((path) => `${path}/`)));
    }
  });

  test('needs the Node that package.json asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    for (const text of [english, chinese]) expect(text).toContain(`Node ${engines.node.replace('>=', '≥ ')}`);
  });
});

describe('docs/api/guides', () => {
  const guides = readdirSync('docs/api/guides').filter((name) => !name.endsWith('.zh-CN.md'));

  test.each(guides)('%s is the same in both languages, and the index leads to both', (name) => {
    const english = join('docs/api/guides', name);
    const chinese = english.replace('.md', '.zh-CN.md');
    expect(levelsOf(read(chinese))).toEqual(levelsOf(read(english)));
    const languages = (page: string): string[] => blocksOf(read(page)).map(({ language }) => language);
    expect(languages(chinese)).toEqual(languages(english));
    const index = linksOf(read('docs/api/README.md')).map((link) => join('docs/api', link));
    expect(index).toEqual(expect.arrayContaining([english, chinese]));
  });
});

describe('docs/operations.md', () => {
  const settings = rowsOf(read('docs/operations.md'), 'setting').map(
    ([name, byDefault]) => [unquote(name!)!, unquote(byDefault!), byDefault!] as const,
  );

  test('lists every setting once, and no other', () => {
    expect(settings.map(([name]) => name).sort()).toEqual([...settingNames].sort());
  });

  test('gives the defaults that the code has', () => {
    const defaults: Readonly<Record<string, string | number | undefined>> = { ...loadSettings({}) };
    for (const [name, literal, cell] of settings) {
      const isFolder = name.endsWith('_DIR');
      const shown =
        literal !== undefined && isFolder ? resolve(literal.replace(/^DATA_DIR/, '.data')) : literal;
      if (shown !== undefined) expect([name, shown]).toEqual([name, String(defaults[name])]);
      if (cell === '–') expect([name, defaults[name]]).toEqual([name, undefined]);
    }
  });
});

describe('docs/architecture.md', () => {
  test('lists the boundary rules that are checked', () => {
    const rules = read('.dependency-cruiser.cjs').matchAll(/\bname: '([a-z-]+)'/g);
    const shown = rowsOf(read('docs/architecture.md'), 'rule').map(([name]) => unquote(name!));
    expect(shown).toEqual([...rules].map(([, name]) => name));
  });

  test('lists every app and library', () => {
    const shown = rowsOf(read('docs/architecture.md'), 'piece').map(([name]) => unquote(name!));
    expect(shown.sort()).toEqual(projects.sort());
  });
});

describe('docs/glossary.md', () => {
  const terms = rowsOf(read('docs/glossary.md'), 'term');

  test('names each term in both languages, once, and explains it', () => {
    expect(terms.length).toBeGreaterThan(50);
    for (const [english = '', chinese = '', meaning = ''] of terms) {
      expect(english).toMatch(/^[a-z][a-z -]*(?:, [a-z -]+)*$/);
      expect([english, chinese]).toEqual([english, expect.stringMatching(/\p{Script=Han}/u)]);
      expect([english, meaning]).toEqual([english, expect.stringMatching(/.{10}/)]);
    }
    expect(new Set(terms.map(([english]) => english)).size).toBe(terms.length);
  });
});

describe('docs/adr', () => {
  const files = readdirSync('docs/adr').filter((name) => /^\d{4}-/.test(name));

  test('is numbered without gaps, and its index lists every page with its title', () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
    const index = rowsOf(read('docs/adr/README.md'), '').map(([link, title]) => `${link!} ${title!}`);
    expect(index).toEqual(
      files.map((name) => {
        const [title = ''] = headingsOf(read(join('docs/adr', name)));
        return `[${name.slice(0, 4)}](${name}) ${title.replace(/^# \d+\. /, '')}`;
      }),
    );
  });

  test.each(files)('%s says context, decision, drawbacks and alternatives', (name) => {
    const sections = headingsOf(read(join('docs/adr', name))).slice(1);
    expect(sections).toEqual(['## Context', '## Decision', '## Drawbacks', '## Alternatives']);
  });
});
