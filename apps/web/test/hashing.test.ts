/**
 * A document of more than 4 GB: true progress, cancel, and the right fingerprint in the end, from a file on disk in a
 * real browser.
 */
import { mkdtempSync, openSync, rmSync, writeSync, closeSync, ftruncateSync } from 'node:fs';
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
/** Zeros up to these bytes. */
const END = 'the end';
/** As `sha256sum` computes it of that file. */
const SHA256 = '0260090d5e2c1f1d9a0d901930d3d5cff85a50fff98e14405bc29c164d9cee0e';
/** Hashing alone may take most of a test's usual time on a slow machine. */
const HASHING_MS = 400_000;

async function percentOf(page: Page): Promise<number> {
  return Number(/(\d+) %/.exec(await page.locator('.hashing .numbers').innerText())?.[1]);
}

describeWithTool('chromium', 'hashing', () => {
  let notarized: Notarized;
  let browser: Browser;
  let directory: string;
  let path: string;
  let receipt: string;

  beforeAll(async () => {
    notarized = await startNotarized();
    directory = mkdtempSync(join(tmpdir(), 'cunzheng-huge-'));
    path = join(directory, 'huge.bin');
    const file = openSync(path, 'w');
    ftruncateSync(file, SIZE_BYTES);
    writeSync(file, END, SIZE_BYTES - END.length);
    closeSync(file);
    const http = notarized.api.http.as(notarized.token);
    const { id } = await accept(http, {
      fingerprints: [{ algorithm: 'sha-256', digest: SHA256 }],
    });
    receipt = (await receiptOf(http, id)).text;
    browser = await launchBrowser();
  });

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
      const first = await eventually('progress is shown', async () => (await percentOf(page)) || undefined);
      await eventually('progress grows', async () => (await percentOf(page)) > first);
      expect(await page.locator('.case').getAttribute('class')).toBe('case');
      expect(await page.getByText('This document is the one that was recorded.').count()).toBe(0);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page
        .getByText('Hashing was cancelled. This document has not been compared with anything.')
        .waitFor();
      expect(await page.locator('.verdict').innerText()).toContain('No document was compared with it.');

      await page.getByRole('button', { name: 'Hash it after all' }).click();
      await page.getByText('This document is the one that was recorded.').waitFor({ timeout: HASHING_MS });
      await close();
    },
    2 * HASHING_MS,
  );
});
