/** Receipts that come other ways than as their own file, and trust that is not the operator's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser } from 'playwright-core';
import { strToU8 } from 'fflate';
import { portableCrypto } from '@cunzheng/crypto';
import { buildPackage } from '@cunzheng/evidence-package';
import { type Evidence, fingerprintOf } from '@test/evidence.js';
import { accept, receiptOf } from '@test/receipts.js';
import { describeWithTool } from '@test/tools.js';
import { fileOf, giveFiles, launchBrowser, openPage } from './browser.js';
import { DOCUMENT, type Notarized, startNotarized, TITLE } from './notarized.js';

const FIXTURES = 'libs/receipt/testdata';
const COMPARED = 'This document is the one that was recorded.';

describeWithTool('chromium', 'the verify page, other ways in', () => {
  let notarized: Notarized;
  let browser: Browser;
  let url: string;
  let evidence: Evidence;

  beforeAll(async () => {
    notarized = await startNotarized();
    ({ url } = notarized.api);
    const http = notarized.api.http.as(notarized.token);
    evidence = await accept(http, {
      fingerprints: [fingerprintOf(DOCUMENT)],
      title: TITLE,
      clientRef: 'secret-ref',
    });
    await receiptOf(http, evidence.id);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
    await notarized.stack.close();
  });

  test('a shared link shows what its owner chose, and a document can be compared with it', async () => {
    const answer = await notarized.api.http
      .as(notarized.token)
      .post(`/v1/evidence/${evidence.id}/shares`, { disclose: ['title'] });
    expect(answer.status).toBe(201);
    const { path } = answer.json<{ path: string }>();
    const { page, close } = await openPage(browser, url + path);
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.facts').innerText()).toContain(TITLE);
    expect(await page.locator('body').innerText()).not.toContain('secret-ref');
    await giveFiles(page, fileOf('contract.txt', DOCUMENT));
    await page.getByText(COMPARED).waitFor();
    await close();
  });

  test('a document without a receipt can be looked up among public evidence, if the visitor asks', async () => {
    const http = notarized.api.http.as(notarized.token);
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('contract.txt', DOCUMENT));
    await page.getByRole('button', { name: 'Look for public evidence' }).click();
    await page.getByText('Nobody has made evidence of this document public here.').waitFor();
    const path = `/v1/evidence/${evidence.id}/publication`;
    const body = { disclose: ['title'] };
    const headers = { 'content-type': 'application/json' };
    expect((await http.send({ method: 'PUT', path, body, headers })).status).toBeLessThan(300);
    await page.getByRole('button', { name: 'Look for public evidence' }).click();
    await page.getByText(COMPARED).waitFor();
    expect(await page.locator('.facts').innerText()).toContain(TITLE);
    await close();
  });

  test('a certificate in PDF alone is enough: its receipt is in it', async () => {
    const pdf = await notarized.api.http
      .as(notarized.token)
      .get(`/v1/evidence/${evidence.id}/certificate.pdf?lang=zh-en`);
    expect(pdf.status).toBe(200);
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('certificate.pdf', pdf.bytes));
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict').innerText()).toContain('No document was compared with it.');
    expect(await page.locator('.loose').count()).toBe(0);
    await giveFiles(page, fileOf('contract.txt', DOCUMENT));
    await page.getByText(COMPARED).waitFor();
    await close();
  });

  test('a PDF without a receipt is a document', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('scan.pdf', '%PDF-1.7\n<< /Type /EmbeddedFile /Length 5 >>\nstream\nhello'));
    await page.getByText('To verify it, give its receipt as well.').waitFor();
    await close();
  });

  test('an evidence package is taken whole, and one that was changed is refused', async () => {
    const [log] = await notarized.stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    const item = { receipt: notarized.receipt, custody: '{"events":[]}', vkeys: [log!.verifier_key] };
    const bytes = await buildPackage(
      portableCrypto,
      {
        title: '案件',
        items: [
          { name: '合同', ...item },
          { name: '合同二', ...item },
        ],
        verifyPage: strToU8('<!doctype html>'),
      },
      false,
      () => Promise.resolve(undefined),
    );
    const { page, close } = await openPage(browser, url);
    await giveFiles(page, fileOf('case.asice', bytes), fileOf('contract.txt', DOCUMENT));
    await page.getByText(COMPARED).nth(1).waitFor();
    expect(await page.locator('.subject').first().innerText()).toContain('case.asice 1 合同');
    const changed = Buffer.from(bytes);
    changed[Math.floor(changed.length / 2)]! ^= 1;
    await giveFiles(page, fileOf('changed.asice', changed));
    await page.getByText('changed.asice cannot be read, and nothing in it has been checked').waitFor();
    await close();
  });

  test('a trust folder of the visitor’s own takes the place of the operator’s, and gives it back', async () => {
    const read = (name: string): Buffer => readFileSync(join(FIXTURES, name));
    const { page, close } = await openPage(browser, url);
    await giveFiles(
      page,
      fileOf('receipt.json', read('receipt.json')),
      fileOf('document.txt', read('document.txt')),
    );
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict h2').innerText()).toBe('Unverifiable');

    const trustInput = page.locator('.own-trust input').nth(1);
    await trustInput.setInputFiles([
      fileOf('policy', 'log nonsense'),
      fileOf('trust.json', read('trust.json')),
    ]);
    await page.getByText('This trust folder cannot be used, so nothing was changed').waitFor();
    await trustInput.setInputFiles([fileOf('policy', read('policy'))]);
    await page.getByText('the files policy and trust.json are needed').waitFor();

    await trustInput.setInputFiles([
      fileOf('policy', read('policy')),
      fileOf('trust.json', read('trust.json')),
    ]);
    await page.getByText(COMPARED).waitFor();
    expect(await page.locator('.verdict h2').innerText()).toBe('Holds');
    expect(await page.locator('.claim').innerText()).toContain('according to witnesses');
    expect(await page.getByText('required: witnesses').count()).toBe(1);
    await page.locator('.panel dd', { hasText: 'notary.example/logs/main+8c4c65e7' }).waitFor();

    await page.getByRole('button', { name: 'Back to what is built in' }).click();
    await page.locator('.verdict.unverifiable').waitFor();
    await close();
  });

  test('a trust folder that is dropped as evidence is never trusted', async () => {
    const { page, close } = await openPage(browser, url);
    await giveFiles(
      page,
      ...['receipt.json', 'policy', 'trust.json'].map((name) =>
        fileOf(name, readFileSync(join(FIXTURES, name))),
      ),
    );
    await page.locator('.verdict').waitFor();
    expect(await page.locator('.verdict h2').innerText()).toBe('Unverifiable');
    await close();
  });
});
