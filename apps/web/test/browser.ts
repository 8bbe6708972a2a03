/**
 * Debian's Chromium for tests. Every page notes what must never happen: a violation of its content security policy, an
 * uncaught error, a request to anywhere but its own server. `close` fails the test that let one happen.
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { requireTool } from '@test/tools.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
];

/** Playwright's own half a minute can be too short on a busy machine. A little less than jest's, to say what was waited for. */
export const TIMEOUT_MS = 150_000;

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: requireTool('chromium'),
    args: ARGUMENTS,
    timeout: TIMEOUT_MS,
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** What must not happen and did. */
  readonly faults: string[];
  /** Closes the page. @throws when there were faults. */
  readonly close: () => Promise<void>;
}

/** A page of its own profile at `url`. `locale` is what the visitor's browser prefers. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content.Security.Policy/i.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (isElsewhere(request.url(), url)) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  const close = async (): Promise<void> => {
    await context.close();
    expect(faults).toEqual([]);
  };
  return { page, faults, close };
}

function isElsewhere(requested: string, url: string): boolean {
  const { protocol, origin } = new URL(requested);
  return !['data:', 'blob:'].includes(protocol) && origin !== new URL(url).origin;
}

/** A file as it is given to an `<input type="file">`. */
export function fileOf(
  name: string,
  contents: string | Uint8Array,
): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(contents) };
}

/** Gives files through the drop zone's button. */
export async function giveFiles(page: Page, ...files: ReturnType<typeof fileOf>[]): Promise<void> {
  await page.locator('.drop input').setInputFiles(files);
}
