/** The page for everybody: axe finds nothing serious, the keyboard reaches everything, paper and phones have it all. */
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { describeWithTool } from '@test/tools.js';
import { seriousFindings } from './axe.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { DOCUMENT, type Notarized, startNotarized, TITLE } from './notarized.js';

describeWithTool('chromium', 'the verify page for everybody', () => {
  let notarized: Notarized;
  let browser: Browser;

  beforeAll(async () => {
    notarized = await startNotarized();
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await notarized.stack.close();
  });

  async function openVerified(
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; close: () => Promise<void> }> {
    // axe is put into the page from outside, which the page's own policy rightly forbids.
    const { page, close } = await openPage(browser, notarized.api.url, { bypassCSP: true, ...options });
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', notarized.receipt));
    await page.locator('.verdict').waitFor();
    return { page, close };
  }

  test.each([
    ['English, light', {}],
    ['Chinese, dark', { locale: 'zh-CN', colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 360, height: 740 } }],
  ] as [string, BrowserContextOptions][])('axe finds nothing serious: %s', async (_, options) => {
    const { page, close } = await openVerified(options);
    for (const summary of await page.locator('details > summary').all()) await summary.click();
    expect(await seriousFindings(page)).toEqual([]);
    await close();
  });

  test('every verdict has contrast enough', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, close } = await openPage(browser, notarized.api.url, { bypassCSP: true, colorScheme });
      await giveFiles(
        page,
        fileOf('receipt.json', notarized.receipt),
        fileOf('other.json', notarized.receipt.replace('"document\\"', '"dokument\\"')),
        fileOf('foreign.json', notarized.receipt.replaceAll('localhost/logs', 'elsewhere/logs')),
        fileOf('stray.txt', 'stray'),
        fileOf('stray-too.txt', 'stray too'),
      );
      await page.locator('.verdict').nth(2).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await close();
    }
  });

  test('the keyboard alone is enough', async () => {
    const { page, close } = await openPage(browser, notarized.api.url);
    await page.getByText('none required').first().waitFor();
    const focused = (): Promise<string> =>
      page.evaluate<string>(
        `(document.activeElement.closest('label') ?? document.activeElement).textContent.trim() || document.activeElement.type`,
      );
    const tabTo = async (name: string | RegExp): Promise<void> => {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        const reached = await focused();
        if (typeof name === 'string' ? reached === name : name.test(reached)) return;
      }
      throw new Error(`the keyboard does not reach ${String(name)}`);
    };
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    // Asked for well before the key: the browser has to be told that it will be answered by a program.
    const asked = page.waitForEvent('filechooser');
    await tabTo('Choose files');
    await page.keyboard.press('Enter');
    const chooser = await asked;
    await chooser.setFiles([fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', notarized.receipt)]);
    await page.locator('.verdict').waitFor();
    await tabTo(/The record is in the log/);
    await page.keyboard.press('Enter');
    await page.locator('.check details[open]').waitFor();
    expect(await page.locator('.check details[open] .commands').innerText()).toContain(
      '.inclusion.leafIndex',
    );
    await tabTo('Choose the folder');
    await close();
  });

  test('what happens is told to who cannot see it', async () => {
    const { page, close } = await openVerified();
    const live = await page.locator('[role=status]').allInnerTexts();
    expect(live.join('\n')).toContain('1 receipt, 1 document given.');
    expect(live.join('\n')).toMatch(/Holds/);
    await close();
  });

  test('prints the findings with every check, and no controls', async () => {
    const { page, close } = await openVerified();
    await page.emulateMedia({ media: 'print' });
    const printed = await page.locator('body').innerText();
    expect(printed).toContain(TITLE);
    expect(printed).toContain('The times agree');
    expect(printed).toContain('Whom this verification believes');
    expect(printed).not.toContain('Choose files');
    expect(printed).not.toContain('Start over');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await close();
  });

  test('fits a phone: nothing is wider than the screen', async () => {
    const { page, close } = await openVerified({ viewport: { width: 360, height: 740 }, locale: 'zh-CN' });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await close();
  });
});
