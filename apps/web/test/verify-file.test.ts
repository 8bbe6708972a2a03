/** `verify.html`, saved to a disk and opened from there with the network cut. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser } from 'playwright-core';
import { describeWithTool } from '@test/tools.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { DOCUMENT, type Notarized, startNotarized } from './notarized.js';

describeWithTool('chromium', 'verify.html', () => {
  let notarized: Notarized;
  let browser: Browser;
  let directory: string;
  let path: string;

  beforeAll(async () => {
    notarized = await startNotarized();
    directory = mkdtempSync(join(tmpdir(), 'cunzheng-verify-file-'));
    path = join(directory, 'verify.html');
    writeFileSync(path, (await notarized.api.http.get('/verify.html')).bytes);
    // Nothing is there to be asked any more.
    await notarized.api.stop();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await notarized.stack.close();
    rmSync(directory, { recursive: true });
  });

  test('verifies from the disk, offline, with the trust of the log it came from', async () => {
    const { page, close } = await openPage(browser, pathToFileURL(path).href, { offline: true });
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', notarized.receipt));
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict').innerText()).toContain(
      'This document is the one that was recorded.',
    );
    expect(
      await page.getByText('The keys built into this file are those of whoever gave it to you.').count(),
    ).toBe(1);
    await close();
  });

  test('may connect to nothing: its policy stops even its own script', async () => {
    const { page } = await openPage(browser, pathToFileURL(path).href);
    const attempt = `fetch('http://127.0.0.1:1/').then(() => 'sent', (error) => String(error))`;
    const violation = page.evaluate<string>(
      `new Promise((resolve) => addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true }))`,
    );
    expect(await page.evaluate<string>(attempt)).toContain('TypeError');
    expect(await violation).toBe('connect-src');
    await page.context().close();
  });

  test('says nothing without a trust: the file as it is built has no log in it', async () => {
    const { page, close } = await openPage(browser, pathToFileURL('dist/apps/web/verify.html').href, {
      offline: true,
    });
    await giveFiles(page, fileOf('receipt.json', notarized.receipt));
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict h2').innerText()).toBe('Unverifiable');
    await close();
  });
});

describeWithTool('chromium', 'verify.html as it is served', () => {
  test('comes with its SHA-256, and an operator cannot break out of the data in it', async () => {
    const name = '</script><script>alert(1)</script>';
    const { stack, api } = await startNotarized({ OPERATOR_NAME: name });
    try {
      const file = await api.http.get('/verify.html');
      const hash = createHash('sha256').update(file.bytes).digest('hex');
      expect((await api.http.get('/verify.html.sha256')).text).toBe(`${hash}  verify.html\n`);
      expect(file.text).not.toContain('<script>alert');
      expect(file.text).toContain('\\u003c/script>\\u003cscript>alert(1)');
      const scripts = (text: string): string[] =>
        [...text.matchAll(/<script type="module">[^]*?<\/script>/g)].map(([it]) => it);
      expect(scripts(file.text)).toEqual(scripts(readFileSync('dist/apps/web/verify.html', 'utf8')));
    } finally {
      await stack.close();
    }
  });
});
