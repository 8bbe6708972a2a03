/**
 * A document of more than 4 GB: true progress, cancel, and the right fingerprint in the end, from a file on disk in a
 * real browser. How fast is said beside node:crypto on the same file in the same run.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
  closeSync,
  ftruncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import { describeWithTool } from '@test/tools.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { type Notarized, startNotarized } from './notarized.js';

/** 4.4 GB: beyond what 32 bits count. */
const SIZE_BYTES = 4_400_000_000;
const TIMEOUT_MS = 240_000;
/** Of node:crypto's speed. WebAssembly has no SHA instructions; docs/verify-page.md has what was measured. */
const LEAST_RATIO = 0.1;

async function percentOf(page: Page): Promise<number> {
  return Number(/(\d+) %/.exec(await page.locator('.hashing .numbers').innerText())?.[1]);
}

describeWithTool('chromium', 'hashing', () => {
  let notarized: Notarized;
  let browser: Browser;
  let directory: string;
  let path: string;
  let receipt: string;
  let nodeMs: number;

  beforeAll(async () => {
    notarized = await startNotarized();
    directory = mkdtempSync(join(tmpdir(), 'cunzheng-huge-'));
    path = join(directory, 'huge.bin');
    const file = openSync(path, 'w');
    ftruncateSync(file, SIZE_BYTES);
    writeSync(file, 'the end', SIZE_BYTES - 7);
    closeSync(file);
    const startedMs = performance.now();
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
    nodeMs = performance.now() - startedMs;
    const http = notarized.api.http.as(notarized.token);
    const { id } = await accept(http, {
      fingerprints: [{ algorithm: 'sha-256', digest: hash.digest('hex') }],
    });
    receipt = (await receiptOf(http, id)).text;
    browser = await launchBrowser();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await notarized.stack.close();
    rmSync(directory, { recursive: true });
  });

  test(
    'a file of 4.4 GB: progress, cancel, and in the end the verdict',
    async () => {
      const { page, close } = await openPage(browser, notarized.api.url);
      await giveFiles(page, fileOf('receipt.json', receipt));
      await page.locator('.verdict').waitFor();
      await page.locator('.drop input').setInputFiles(path);
      const first = await eventually(
        'progress is shown',
        async () => (await percentOf(page)) || undefined,
        60_000,
      );
      await eventually('progress grows', async () => (await percentOf(page)) > first, 60_000);
      expect(await page.locator('.case').getAttribute('class')).toBe('case');
      expect(await page.getByText('This document is the one that was recorded.').count()).toBe(0);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page
        .getByText('Hashing was cancelled. This document has not been compared with anything.')
        .waitFor();
      expect(await page.locator('.verdict').innerText()).toContain('No document was compared with it.');

      const startedMs = performance.now();
      await page.getByRole('button', { name: 'Hash it after all' }).click();
      await page.getByText('This document is the one that was recorded.').waitFor({ timeout: TIMEOUT_MS });
      const ratio = nodeMs / (performance.now() - startedMs);
      console.info(
        `SHA-256 of 4.4 GB in the browser: ${ratio.toFixed(2)} of node:crypto's speed on the same file`,
      );
      expect(ratio).toBeGreaterThan(LEAST_RATIO);
      await close();
    },
    TIMEOUT_MS,
  );
});
