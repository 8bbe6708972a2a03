/** What a visitor loads before giving anything: within its budget, from this server alone, and named by content. */
import { type Browser, type Response } from 'playwright-core';
import { gzipSync } from 'node:zlib';
import { describeWithTool } from '@test/tools.js';
import { launchBrowser, TIMEOUT_MS } from './browser.js';
import { type Notarized, startNotarized } from './notarized.js';

/** gzip, without fonts: there are none. */
const BUDGET_BYTES = 60_000;

describeWithTool('chromium', 'the first load', () => {
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

  test('stays within 60 kB, everything the page asks for counted', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    const responses: Response[] = [];
    page.on('response', (response) => responses.push(response));
    await page.goto(`${notarized.api.url}/`, { waitUntil: 'networkidle' });
    await page.getByText('none required').first().waitFor();
    const sizes = await Promise.all(
      responses.map(
        async (response) =>
          [new URL(response.url()).pathname, gzipSync(await response.body()).length] as const,
      ),
    );
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(sizes.some(([path]) => path.startsWith('/assets/'))).toBe(true);
    expect(total).toBeLessThanOrEqual(BUDGET_BYTES);
    await page.close();
  });
});
