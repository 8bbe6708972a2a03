/**
 * The guides of docs/api as their readers go through them: every snippet is run as it stands on the page, in both languages,
 * against a service with API, worker, queue and PostgreSQL. So are the commands of the pages about imports, packages and
 * certificates, and the program of the page about the typed client. Only names differ: `https://notary.example` is the service, `https://hooks.example` this machine, `my-firm`
 * an organization of the test's own.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compile } from '@test/compile.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { freePort } from '@test/redis.js';
import { Shell } from '@test/shell.js';
import { snippetsOf, type Snippet } from '@test/snippets.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const WORKS = ['001.png', '002.png', '003.png'];

describeWithTool('jq', 'the guides of docs/api', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let folder: string;
  let shell: Shell;

  beforeAll(async () => {
    stack = await TestStack.create({ LOG_ORIGIN: 'notary.example/logs/main' });
    api = await stack.startApi();
    await stack.startWorker();
    const first = api.http.as((await stack.createTenant()).token);
    await receiptOf(first, (await accept(first, evidenceOf())).id);
  });
  afterAll(() => stack.close());

  /** What the reader has to begin with. */
  beforeEach(async () => {
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    folder = mkdtempSync(join(tmpdir(), 'cunzheng-guide-'));
    cpSync(join(stack.directory, 'trust'), join(folder, 'trust'), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    write('api-key', tenant.token);
    write('contract.pdf', `contract ${folder}`);
    write('minutes.pdf', `minutes ${folder}`);
    mkdirSync(join(folder, 'works'));
    for (const name of WORKS) write(`works/${name}`, `${name} ${folder}`);
    shell = new Shell(folder, { CUNZHENG_URL: api.url, CUNZHENG_API_KEY: tenant.token });
  });
  afterEach(async () => {
    await shell.close();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const linesOf = <T>(name: string): T[] =>
    existsSync(join(folder, name))
      ? read(name)
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as T)
      : [];

  /** Runs the snippets in order, the programs among them being saved first, and gives what all of them printed. */
  const follow = async (
    snippets: readonly Snippet[],
    replace: Readonly<Record<string, string>> = {},
    before: (code: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<string> => {
    const places = { 'https://notary.example': api.url, 'my-firm': tenant.id, ...replace };
    let printed = '';
    for (const { language, code } of snippets) {
      const program = /^\/\/ (\S+\.mjs)\n/.exec(code)?.[1];
      if (language === 'js' && program !== undefined) write(program, code);
      if (language !== 'sh') continue;
      await before(code);
      const local = Object.entries(places).reduce(
        (text, [there, here]) => text.replaceAll(there, here),
        code,
      );
      printed += await shell.run(local);
    }
    return printed;
  };
  const languages = (guide: string): string[] => [`guides/${guide}.md`, `guides/${guide}.zh-CN.md`];

  test.each(languages('law-firm'))('%s', async (page) => {
    const printed = await follow(snippetsOf(page));
    const verdicts = [...printed.matchAll(/^verdict: (.*)$/gm)].map(([, verdict]) => verdict);
    expect(verdicts.slice(0, 3)).toEqual(['holds', 'other-document', 'holds']);
    expect(printed).toContain('refused with exit code 1\n');
    expect(printed).toMatch(/^\/v\/[\w-]{22}$/m);
    expect(readFileSync(join(folder, 'contract.certificate.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    const shown = await shell.run(
      'cunzheng verify minutes.pdf --receipt minutes.public.receipt.json --trust trust',
    );
    expect(shown).toContain('verdict: holds');
    expect(read('minutes.public.receipt.json').length).toBeLessThan(read('minutes.pdf.receipt.json').length);
  });

  test.each(languages('copyright-platform'))('%s', async (page) => {
    interface Event {
      readonly type: string;
      readonly data: { readonly records: number };
    }
    const port = String(await freePort());
    const wereTold = (): boolean =>
      linesOf<Event>('events.ndjson')
        .filter(({ type }) => type === 'batch.anchored')
        .reduce((sum, { data }) => sum + data.records, 0) >= WORKS.length;
    const printed = await follow(
      snippetsOf(page),
      { 'https://hooks.example': `http://127.0.0.1:${port}`, 'PORT=8080': `PORT=${port}` },
      async (code) => {
        if (code.includes('events.ndjson'))
          await eventually('the receiver was told', async () => Promise.resolve(wereTold()));
      },
    );
    expect(printed).toContain('3 lines: 3 stored, 0 stored before, 0 refused');
    expect(printed).toContain('3 lines: 0 stored, 3 stored before, 0 refused');
    expect(printed).toContain('verdict: holds');
    expect(printed).toMatch(/^batch\.anchored \d$/m);
    const fetched = linesOf<{ clientRef?: string }>('receipts.ndjson').flatMap(
      ({ clientRef }) => clientRef ?? [],
    );
    expect([...new Set(fetched)].sort()).toEqual(WORKS);
    const kept = readdirSync(join(folder, 'receipts'), { recursive: true, encoding: 'utf8' });
    expect(kept.filter((name) => name.endsWith('.receipt.json')).length).toBeGreaterThanOrEqual(WORKS.length);
  });

  test.each(languages('auditor'))('%s', async (page) => {
    await shell.run('cunzheng notarize contract.pdf');
    const printed = await follow(snippetsOf(page));
    expect(printed.match(/^audit: clean/gm)).toHaveLength(3);
    expect(printed).toContain('Signature Verified Successfully');
    expect(printed).toContain('verdict: holds');
    expect(printed).toMatch(/^ledger: ✓ copy: entry \d+ stands in block \d+/m);
    expect(printed).toMatch(/^entries 1–\d+ in one chain/m);
    expect(printed).toMatch(/^bound into notary\.example\/logs\/main at size \d+ \(signed\) up to entry/m);
  });

  test('imports.md: lines, files, and what is there already', async () => {
    const lines = WORKS.map((name) =>
      JSON.stringify({ ...evidenceOf(`${name} ${folder}`), clientRef: `${folder}/${name}` }),
    );
    write('works.ndjson', `${lines.join('\n')}\n`);
    const printed = await follow(snippetsOf('imports.md'));
    expect(JSON.parse(/\{"id".*?"results":"[^"]*"\}/.exec(printed)![0])).toMatchObject({
      lines: 3,
      accepted: 3,
    });
    expect(printed).toContain('3 lines: 0 stored, 3 stored before, 0 refused');
    expect(printed).toContain('3 receipts written, 0 files had theirs');
    const answer = await http.get('/v1/receipts');
    write('feed.ndjson', answer.text);
    // How the page says that a receipt is written byte for byte.
    const written = await shell.run(`grep -m 1 -F "${folder}" feed.ndjson | jq -j .receipt`);
    expect(answer.text).toContain(JSON.stringify(written));
  });

  test('package.md and sharing.md: the bodies are taken, the commands make a package that verifies', async () => {
    const { id } = await accept(http, { ...evidenceOf(read('contract.pdf')), title: 'Contract' });
    await receiptOf(http, id);
    const [list] = snippetsOf('package.md').filter(({ language }) => language === 'json');
    write('list.json', list!.code.replace(/[0-9a-f-]{36}/, id).replace(', "signer.0"', ''));
    expect(await follow(snippetsOf('package.md'))).toContain('verdict: holds');
    const [share] = snippetsOf('sharing.md').filter(({ language }) => language === 'json');
    const body = JSON.parse(share!.code.replace(', "signer.0.name"', '').replace('2027', '2099')) as object;
    expect((await http.post(`/v1/evidence/${id}/shares`, body)).status).toBe(201);
  });

  test('client.md: the program compiles, and what it writes is a receipt of the document', async () => {
    const [program] = snippetsOf('client.md').filter(({ language }) => language === 'ts');
    write('program.mts', program!.code.replace('https://notary.example', api.url));
    const client = pathToFileURL('dist/libs/client/src/index.js').href;
    write('program.mjs', compile(join(folder, 'program.mts')).replace('@cunzheng/client', client));
    const printed = await follow([
      { language: 'sh', code: 'node program.mjs' },
      {
        language: 'sh',
        code: 'cunzheng verify contract.pdf --receipt contract.pdf.receipt.json --trust trust',
      },
    ]);
    expect(printed).toContain('verdict: holds');
  });

  describeWithTool('pdftotext', 'certificate.md', () => {
    test('the receipt comes out of the certificate, and the document verifies with either', async () => {
      copyFileSync(join(folder, 'contract.pdf'), join(folder, 'document.pdf'));
      const { id } = await accept(http, evidenceOf(read('document.pdf')));
      const printed = await follow(snippetsOf('certificate.md'), {
        '01a1f787-240a-737b-bea5-1de40185c708': id,
      });
      expect(printed.match(/^verdict: holds$/gm)).toHaveLength(2);
    });
  });
});
