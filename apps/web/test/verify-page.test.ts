/** The verify page in a real browser against a real service: what people give it, and what it says. */
import { createHash } from 'node:crypto';
import { type Browser, type Page } from 'playwright-core';
import { ALGORITHMS } from '@test/evidence.js';
import { describeWithTool } from '@test/tools.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { DOCUMENT, notarize, type Notarized, startNotarized, TITLE } from './notarized.js';

/** The verdicts on the page, top to bottom, once every receipt has one. */
async function verdictsOf(page: Page, count = 1): Promise<string[]> {
  await page
    .locator('.verdict h2')
    .nth(count - 1)
    .waitFor();
  return await page.locator('.verdict h2').allInnerTexts();
}

/** Outcome of a check by its number, 1 to 12. */
async function statusOf(page: Page, number: number): Promise<string> {
  return await page
    .locator('.check .check-status')
    .nth(number - 1)
    .innerText();
}

describeWithTool('chromium', 'the verify page', () => {
  let notarized: Notarized;
  let browser: Browser;
  let receipt: string;
  let url: string;

  beforeAll(async () => {
    notarized = await startNotarized();
    ({ receipt } = notarized);
    ({ url } = notarized.api);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await notarized.stack.close();
  });

  test('a receipt and its document hold, with claim, limits, facts and both clocks', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('contract.txt.receipt.json', receipt));
    expect(await verdictsOf(page)).toEqual([
      expect.stringMatching(/^Holds\s+according to the log’s operator alone$/),
    ]);
    const text = await page.locator('.case').innerText();
    expect(text).toContain('This document is the one that was recorded.');
    expect(text).toMatch(/These bytes were recorded in localhost\/logs\/dev-[0-9a-f]{8} in a block of/);
    expect(text).toContain(
      'The platform saw only the fingerprint of the document, never the document itself.',
    );
    expect(text).toContain(TITLE);
    expect(text).toMatch(/\d\d:\d\d:\d\d\.\d{3} UTC\s/);
    expect(text).toContain('UTC+8');
    expect(text).toContain('8 passed, 0 failed, 4 not checked');
    expect(await statusOf(page, 3)).toBe('Not checked');
    await close();
  });

  test('nothing that was given leaves the device', async () => {
    const { page, close } = await openPage(browser, url);
    await page.getByText('none required').first().waitFor();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', receipt));
    await verdictsOf(page);
    expect(requests.filter((line) => !line.startsWith('GET /assets/'))).toEqual([]);
    await close();
  });

  test('a receipt alone holds, and says that nothing was compared', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('receipt.json', receipt));
    expect(await verdictsOf(page)).toHaveLength(1);
    expect(await page.locator('.verdict').innerText()).toContain('No document was compared with it.');
    expect(await statusOf(page, 9)).toBe('Not checked');
    await close();
  });

  test('a changed document is another document', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(
      page,
      fileOf('receipt.json', receipt),
      fileOf('changed.txt', DOCUMENT.replace('Party A', 'Party C')),
    );
    expect(await verdictsOf(page)).toEqual(['Another document']);
    expect(await statusOf(page, 9)).toBe('Failed');
    await close();
  });

  test('a forged receipt is altered, and nothing of it is shown as a fact', async () => {
    const { page, close } = await openPage(browser, url);
    const sha256 = createHash('sha256').update(DOCUMENT).digest('hex');
    const forged = receipt.replace(sha256, createHash('sha256').update('forged').digest('hex'));
    await giveFiles(page, fileOf('receipt.json', forged), fileOf('forged.txt', 'forged'));
    expect(await verdictsOf(page)).toEqual(['Altered']);
    expect(await statusOf(page, 6)).toBe('Failed');
    expect(await page.getByText(TITLE).count()).toBe(0);
    await close();
  });

  test('many pairs in any order find each other, whatever algorithms they need', async () => {
    const texts = ALGORITHMS.map((algorithm, index) => `document ${index} for ${algorithm}`);
    const receipts = await Promise.all(
      texts.map((text, index) => notarize(notarized, text, {}, [ALGORITHMS[index]!])),
    );
    const { page, close } = await openPage(browser, url);
    await giveFiles(
      page,
      ...texts.map((text, index) => fileOf(`${index}.txt`, text)).reverse(),
      ...receipts.map((text, index) => fileOf(`r${index}.json`, text)),
      fileOf('stray.txt', 'nobody knows me'),
    );
    await page.getByText('No receipt given is about this document.').waitFor();
    await verdictsOf(page, texts.length);
    const pairs = await page.locator('.subject').allInnerTexts();
    expect(pairs.map((text) => /r(\d)\.json/.exec(text)?.[1])).toEqual(
      pairs.map((text) => /(\d)\.txt/.exec(text)?.[1]),
    );
    expect(await page.getByText('This document is the one that was recorded.').count()).toBe(texts.length);
    await close();
  });

  test('a fingerprint stands in for a document', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('receipt.json', receipt));
    await page.getByText('I have only a fingerprint').click();
    const digest = createHash('sha256').update(DOCUMENT).digest('hex');
    await page.getByLabel('Fingerprint in hexadecimal').fill('not a hash');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('A fingerprint of this algorithm has 64 hexadecimal digits.').waitFor();
    await page
      .getByLabel('Fingerprint in hexadecimal')
      .fill(`SHA2-256(contract.txt)= ${digest.toUpperCase()}`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('This document is the one that was recorded.').waitFor();
    await close();
  });

  test('a document alone is asked for its receipt', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('contract.txt', DOCUMENT));
    await page.getByText('To verify it, give its receipt as well.').waitFor();
    await giveFiles(page, fileOf('receipt.json', receipt));
    await page.getByText('This document is the one that was recorded.').waitFor();
    await close();
  });

  test('files can be dropped anywhere on the page', async () => {
    const { page, close } = await openPage(browser, url);
    await page.evaluate(
      `{
        const data = new DataTransfer();
        data.items.add(new File([${JSON.stringify(receipt)}], 'receipt.json'));
        data.items.add(new File([${JSON.stringify(DOCUMENT)}], 'contract.txt'));
        document.querySelector('footer').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      }`,
    );
    await page.getByText('This document is the one that was recorded.').waitFor();
    await close();
  });

  test('speaks Chinese to who prefers it, and switches at a click, findings included', async () => {
    const { page, close } = await openPage(browser, url, { locale: 'zh-CN' });
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', receipt));
    expect(await verdictsOf(page)).toEqual([expect.stringMatching(/^成立\s+仅以日志运营方自身为据$/)]);
    expect(await page.locator('.claim').innerText()).toContain('该结论仅以日志运营方自身为据。');
    await page.getByRole('button', { name: 'English' }).click();
    expect(await page.locator('.verdict').innerText()).toContain('according to the log’s operator alone');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await close();
  });

  test('an unknown link says so', async () => {
    const { page, faults } = await openPage(browser, `${url}/v/0123456789abcdef`);
    await page.getByText('This link leads to no receipt').waitFor();
    // The browser itself reports the 404.
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
    await page.context().close();
  });
});
