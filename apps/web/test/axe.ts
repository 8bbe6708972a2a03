/** axe-core, put into a page from outside: open the page with `bypassCSP`, for its own policy rightly forbids this. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Page } from 'playwright-core';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe calls serious or critical, by rule and place. */
export async function seriousFindings(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(
    `${axe};
    axe.run(document).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target + ': ' + failureSummary)))`,
  );
}
