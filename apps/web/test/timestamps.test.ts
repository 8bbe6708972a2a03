/** A timestamping authority in the whole chain: it stamps, the log names it, page, explorer and openssl verify it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser } from 'playwright-core';
import { portableCrypto } from '@cunzheng/crypto';
import { buildPackage } from '@cunzheng/evidence-package';
import { eventually } from '@test/eventually.js';
import { type Evidence, fingerprintOf } from '@test/evidence.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { commandsFor } from '../src/verification/by-hand.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { DOCUMENT } from './notarized.js';

describeWithTool('chromium', 'timestamps on the page', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-web-timestamps-'));
  let pki: OpensslPki;
  let tsa: OpensslTsa;
  let server: TsaServer;
  let stack: TestStack;
  let api: TestApi;
  let browser: Browser;
  let receipt: string;
  let listed: Uint8Array;

  beforeAll(async () => {
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    const certificate = pki.issue({
      name: 'tsa',
      organization: 'Time Authority',
      issuer: middle,
      extensions: TSA_EXTENSIONS,
    });
    tsa = new OpensslTsa(pki, certificate, { chain: [middle], settings: ['accuracy=millisecs:250'] });
    server = await tsa.serve((query) => tsa.reply(query));
    writeFileSync(join(directory, 'tsa-roots.pem'), root.pem);
    writeFileSync(join(directory, 'list'), `${server.url} Authority\n`);
    stack = await TestStack.create({
      TSA_LIST_FILE: join(directory, 'list'),
      TSA_ROOTS_FILE: join(directory, 'tsa-roots.pem'),
      MIN_TIMESTAMPS: '1',
      ATTEST_INTERVAL_MS: '100',
    });
    api = await stack.startApi();
    const http = api.http.as((await stack.createTenant()).token);
    await stack.startWorker();
    const { id } = await accept(http, { fingerprints: [fingerprintOf(DOCUMENT)] });
    await eventually('attested', async () => {
      return (await http.get(`/v1/evidence/${id}`)).json<Evidence>().state === 'attested';
    });
    receipt = (await receiptOf(http, id)).text;
    listed = (await http.post('/v1/packages', { items: [{ evidence: id, name: '合同' }] })).bytes;
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await stack.close();
    await server.close();
    pki.remove();
    rmSync(directory, { recursive: true });
  });

  test('the page verifies the token, with the roots that the log names', async () => {
    const { page, close } = await openPage(browser, api.url);
    await page.getByText('at least 1 required; 1 root certificate trusted').waitFor();
    await giveFiles(page, fileOf('contract.txt', DOCUMENT), fileOf('receipt.json', receipt));
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict h2').innerText()).toBe('Holds');
    expect(await page.locator('.claim').innerText()).toContain('according to timestamping authorities');
    expect(await page.locator('.check-status').nth(3).innerText()).toBe('Passed');
    await close();
  });

  test('the page verifies the timestamp over the list of a package, and refuses one over another list', async () => {
    const { page, close } = await openPage(browser, api.url);
    await giveFiles(page, fileOf('case.asice', listed));
    await page.getByText(/^The list of evidence in case\.asice was stamped by .*Time Authority/).waitFor();
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    const item = { name: '合同', receipt, custody: '{"events":[]}', vkeys: [log!.verifier_key] };
    const input = { title: '案件', items: [item], verifyPage: Buffer.from('<!doctype html>') };
    const forged = await buildPackage(portableCrypto, input, true, () =>
      Promise.resolve(tsa.stamp(Buffer.from('another list'))),
    );
    await giveFiles(page, fileOf('forged.asice', forged));
    await page.getByText('The timestamp over the list of evidence in forged.asice does not hold').waitFor();
    await close();
  });

  test('the explorer lists who stamped which checkpoint', async () => {
    const { page, close } = await openPage(browser, `${api.url}/explorer#/checkpoints`);
    await page.getByText('Time Authority').first().waitFor();
    await close();
  });

  test('openssl verifies it by the command of the page', () => {
    writeFileSync(join(directory, 'receipt.json'), receipt);
    const input = { trust: undefined, origin: undefined, algorithms: [], witnesses: [] };
    const output = execFileSync('bash', ['-eo', 'pipefail', '-c', commandsFor('timestamps', input)], {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(output).toContain('Verification: OK');
  });
});
