/**
 * Receipts made to harm whoever looks at them, in a real browser: whatever is in them stays text, and the page always
 * comes to a verdict. Some are real, notarized with hostile names, so that they hold and everything in them is shown.
 */
import { type Browser, type Page } from 'playwright-core';
import { describeWithTool } from '@test/tools.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { notarize, type Notarized, startNotarized } from './notarized.js';

const MARKUP = `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script></title><style>*{display:none}</style>&lt;`;
/** Right-to-left override and isolates that are never closed. */
const BIDI = '\u202egpj.exe\u2066\u2067abc';

describeWithTool('chromium', 'hostile receipts', () => {
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

  async function verdictOn(
    name: string,
    contents: string,
  ): Promise<{ page: Page; verdict: string; close: () => Promise<void> }> {
    const { page, close } = await openPage(browser, notarized.api.url);
    await giveFiles(page, fileOf(name, contents));
    await page.locator('.verdict').waitFor();
    const verdict = await page.locator('.verdict h2').innerText();
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    return { page, verdict, close };
  }

  test('markup in every field that a client fills stays text, in a receipt that holds', async () => {
    const receipt = await notarize(notarized, 'harmless', {
      title: MARKUP + BIDI,
      clientRef: '<script>window.pwned=1</script>',
      metadata: [{ name: '<b>name</b>', value: `<svg onload="window.pwned=1">${BIDI}` }],
    });
    const { page, verdict, close } = await verdictOn('<img src=x onerror=window.pwned=1>.json', receipt);
    expect(verdict).toContain('Holds');
    const facts = await page.locator('.facts').innerText();
    expect(facts).toContain(MARKUP);
    expect(facts).toContain('<b>name</b>');
    expect(await page.locator('.case img, .case script, .case style, .facts b').count()).toBe(0);
    // What is written from right to left ends with its element.
    expect(await page.locator('.facts bdi.title').count()).toBe(1);
    await close();
  });

  const mutations: readonly [string, (receipt: Record<string, unknown>) => unknown][] = [
    [
      'markup in every member',
      (receipt) =>
        Object.fromEntries(
          Object.keys(receipt).map((name) => [name, name === 'format' ? receipt[name] : MARKUP]),
        ),
    ],
    [
      'markup in the record',
      (receipt) => ({ ...receipt, record: String(receipt['record']).replace('"document"', '"<script>"') }),
    ],
    [
      'markup in the origin',
      (receipt) => ({
        ...receipt,
        checkpoint: `<img src=x onerror=window.pwned=1>\n${String(receipt['checkpoint'])}`,
      }),
    ],
    [
      'wrong types',
      (receipt) =>
        Object.fromEntries(
          Object.entries(receipt).map(([name, value]) => [name, name === 'format' ? value : 7]),
        ),
    ],
    ['nulls', (receipt) => ({ ...receipt, timestamps: null, disclosures: [null] })],
    ['a future version', (receipt) => ({ ...receipt, format: 'cunzheng/receipt@v2' })],
    [
      'members of Object.prototype',
      (receipt) => ({ ...receipt, ['__proto__x']: 1, constructor: 'x', toString: 'y' }),
    ],
    [
      'a huge leaf index',
      (receipt) => ({ ...receipt, inclusion: { hashes: [], leafIndex: Number.MAX_SAFE_INTEGER } }),
    ],
  ];

  test.each(mutations)('%s: a verdict, and it is not that it holds', async (_, mutate) => {
    const hostile = JSON.stringify(mutate(JSON.parse(notarized.receipt) as Record<string, unknown>));
    const { verdict, page, close } = await verdictOn('receipt.json', hostile);
    expect(['Altered', 'Unverifiable']).toContain(verdict);
    expect(await page.locator('.check.failed').count()).toBeGreaterThan(0);
    await close();
  });

  const texts: readonly [string, () => string][] = [
    ['deep nesting', () => `{"format":"cunzheng/receipt@v1","record":${'['.repeat(200_000)}`],
    ['10 MB of one string', () => `{"format":"cunzheng/receipt@v1","record":"${'x'.repeat(9_900_000)}"}`],
    ['10 MB of numbers', () => `{"format":"cunzheng/receipt@v1","disclosures":[${'1,'.repeat(4_900_000)}1]}`],
    ['more than 10 MB', () => `{"format":"cunzheng/receipt@v1","record":"${'x'.repeat(12_000_000)}"}`],
    ['repeated names', () => notarized.receipt.replace('{', '{"record":"{}",')],
    ['lone surrogates', () => notarized.receipt.replace('"timestamps":[]', '"timestamps":["\\ud800"]')],
    ['bytes that are no UTF-8', () => notarized.receipt.replace('receipt@v1', 'receipt@v1\u0000')],
    ['nothing but its mark', () => '{"format":"cunzheng/receipt@v1"}'],
  ];

  test.each(texts)('%s: altered, within seconds', async (_, make) => {
    const { verdict, close } = await verdictOn('receipt.json', make());
    expect(verdict).toBe('Altered');
    await close();
  });

  test('what the page says of this server’s logs cannot become markup either', async () => {
    const { stack, api } = await startNotarized({ OPERATOR_NAME: MARKUP });
    try {
      const { page, close } = await openPage(browser, api.url);
      await page.getByText('onerror').waitFor();
      expect(await page.locator('footer img').count()).toBe(0);
      expect(await page.evaluate('window.pwned')).toBeUndefined();
      await close();
    } finally {
      await stack.close();
    }
  });
});
