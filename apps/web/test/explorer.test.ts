/** The explorer in a real browser: a log with two witnesses that grows while it is looked at. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser } from 'playwright-core';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { accept } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { TestWitness } from '@test/witness.js';
import { seriousFindings } from './axe.js';
import { launchBrowser, openPage } from './browser.js';
import { notarize } from './notarized.js';

interface Blocks {
  readonly blocks: readonly { readonly height: number }[];
}

describeWithTool('chromium', 'the explorer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-explorer-'));
  let stack: TestStack;
  let api: TestApi;
  let token: string;
  let logName: string;
  let witnesses: TestWitness[];
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    witnesses = [await TestWitness.start('first.example'), await TestWitness.start('second.example')];
    const policy = join(directory, 'policy');
    const lines = witnesses.map(({ key, url: at }, index) => `witness w${index} ${key.vkey} ${at}\n`);
    writeFileSync(policy, `${lines.join('')}group both all w0 w1\nquorum both\n`);
    stack = await TestStack.create({ POLICY_FILE: policy, ATTEST_INTERVAL_MS: '100' });
    api = await stack.startApi();
    ({ token } = await stack.createTenant());
    await stack.startWorker();
    const log = await eventually(
      'the log',
      async () =>
        (await stack.query<{ name: string; verifier_key: string }>('SELECT name, verifier_key FROM log'))[0],
    );
    logName = log.name;
    for (const witness of witnesses) witness.watch(log.verifier_key);
    for (let index = 0; index < 4; index++) await notarize({ api, token }, `document ${index}`);
    await eventually('a cosigned checkpoint', async () => {
      const attested = await stack.query('SELECT FROM attestation WHERE attested_at IS NOT NULL');
      return attested.length > 0;
    });
    browser = await launchBrowser();
    url = `${api.url}/explorer`;
  });

  afterAll(async () => {
    await browser.close();
    await stack.close();
    for (const witness of witnesses) await witness.stop();
    rmSync(directory, { recursive: true });
  });

  const treeSize = async (): Promise<number> =>
    Number((await api.http.get(`/logs/${logName}/checkpoint`)).text.split('\n')[1]);

  test('shows the live head, which grows with the log', async () => {
    const { page, close } = await openPage(browser, url);
    const figure = page.locator('.figures strong').first();
    await figure.waitFor();
    const before = Number((await figure.innerText()).replaceAll(',', ''));
    expect(before).toBe(await treeSize());
    await page.getByText('verified in this browser').waitFor();
    expect(await page.locator('.plot canvas').count()).toBeGreaterThanOrEqual(2);
    await accept(api.http.as(token), evidenceOf());
    await eventually(
      'the head grew',
      async () => Number((await figure.innerText()).replaceAll(',', '')) > before,
    );
    await close();
  });

  test('a block is recomputed from its entries', async () => {
    const { page, close } = await openPage(browser, url);
    await page.getByRole('link', { name: '0', exact: true }).click();
    await page.getByText('Computed anew in this browser').waitFor();
    expect(await page.locator('tbody').innerText()).toContain('event of the log, public');
    await page.getByRole('link', { name: 'Block after' }).click();
    await page.getByText('record, private').first().waitFor();
    await close();
  });

  test('a block that contradicts itself is called so', async () => {
    const { page, close } = await openPage(browser, url);
    await page.route('**/blocks/1', async (route) => {
      const block = (await (await route.fetch()).json()) as { entries: string };
      const entries = Buffer.from(block.entries, 'base64');
      entries[40] = (entries[40] ?? 0) ^ 1;
      await route.fulfill({ json: { ...block, entries: entries.toString('base64') } });
    });
    await page.goto(`${url}#/block/1`);
    await page.getByText('This block contradicts itself').waitFor();
    await close();
  });

  test('lists what the log says of itself', async () => {
    const { page, close } = await openPage(browser, `${url}#/events`);
    await page.getByRole('cell', { name: 'open', exact: true }).waitFor();
    expect(await page.locator('tbody').innerText()).toContain('Cunzheng development operator');
    await close();
  });

  test('says who vouches for which checkpoint, and when', async () => {
    const { page, close } = await openPage(browser, `${url}#/checkpoints`);
    await page.locator('tbody tr').first().waitFor();
    const rows = await page.locator('tbody tr').allInnerTexts();
    const cosigned = rows.filter((row) => row.includes('w0') && row.includes('w1'));
    expect(cosigned.length).toBeGreaterThan(0);
    expect(cosigned[0]).toMatch(/w0 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC · .* UTC\+8/);
    await close();
  });

  test('two states are proven consistent from tiles', async () => {
    const { page } = await openPage(browser, `${url}#/consistency`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('Yes. The state of').waitFor();
    expect(await page.locator('[role=status]').last().innerText()).toMatch(
      /Hashes in the proof: \d+, computed here from the public log \(tiles read: \d+\)/,
    );
    await page.getByLabel('Smaller state').fill('1');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('There is no checkpoint of').waitFor();
    await page.context().close();
  });

  test('a log that showed another past is found out', async () => {
    const { page, faults } = await openPage(browser, `${url}#/consistency`);
    await page.getByRole('button', { name: 'Compare' }).waitFor();
    await page.route('**/tile/**', async (route) => {
      const bytes = await (await route.fetch()).body();
      await route.fulfill({ body: bytes.map((byte) => byte ^ 1) as Buffer });
    });
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('No. These two states do not belong to one log').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('goes back to the first block of a long log, a page at a time', async () => {
    for (let index = 0; index < 14; index++) await notarize({ api, token }, `another document ${index}`);
    const { page, close } = await openPage(browser, url);
    await page.getByRole('button', { name: 'Older blocks' }).click();
    await page.getByRole('link', { name: '0', exact: true }).waitFor();
    const { blocks } = (await api.http.get(`/logs/${logName}/blocks`)).json<Blocks>();
    expect(blocks.length).toBeGreaterThan(15);
    await close();
  });

  test.each(['', '#/block/0', '#/events', '#/checkpoints', '#/consistency'])(
    'axe finds nothing serious in explorer%s',
    async (place) => {
      const { page, close } = await openPage(browser, url + place, { bypassCSP: true, locale: 'zh-CN' });
      await page.locator('h2').first().waitFor();
      expect(await page.locator('h1').innerText()).toBe('账本浏览');
      expect(await seriousFindings(page)).toEqual([]);
      await close();
    },
  );
});
