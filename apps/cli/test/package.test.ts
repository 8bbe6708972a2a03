/** `cunzheng package` against a running service, and `cunzheng verify` of packages and certificates, offline. */
import { createPrivateKey, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCertificate } from '@cunzheng/certificate';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { buildPackage } from '@cunzheng/evidence-package';
import { encodeBase64, type VerificationReport } from '@cunzheng/receipt';
import { evidenceOf } from '@test/evidence.js';
import { CA_EXTENSIONS, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { exampleReceipt, exampleReport, exampleVerifierKey } from '../../api/src/openapi/examples.js';
import { buildReceipt, logVerifierKey } from '../../../libs/receipt/test/build-receipt.js';
import { toTestKey } from '../../../libs/receipt/test/ed25519-key.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
const path = (name: string): string => join(cwd, name);

describe('package', () => {
  let stack: TestStack;
  let api: TestApi;
  let env: Record<string, string>;
  let record: string;
  const document = randomBytes(24);

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    const tenant = await stack.createTenant();
    const http = api.http.as(tenant.token);
    const { id } = await accept(http, { ...evidenceOf(document), title: '合同' });
    await receiptOf(http, id);
    record = id;
    env = { CUNZHENG_URL: api.url, CUNZHENG_API_KEY: tenant.token };
    writeFileSync(
      path('list.json'),
      JSON.stringify({ title: '案件', items: [{ evidence: id, name: '合同' }] }),
    );
    writeFileSync(path('contract.pdf'), document);
    writeFileSync(path('other.pdf'), 'other');
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    writeFileSync(path('policy'), `log ${log!.verifier_key}\nquorum none\n`);
  });
  afterAll(() => stack.close());

  const run = (...args: string[]): Promise<CliRun> => runCli(args, { cwd, env });
  const verify = (file: string): Promise<CliRun> =>
    runCli(['--json', 'verify', file, '--policy', 'policy'], { cwd });

  test('is made of a list, takes the documents of the list alone, and verifies whole', async () => {
    const empty = await run('package', '--list', 'list.json', '--out', 'empty.asice');
    expect(empty).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('document not in the package') as string,
    });
    const wrong = await run('package', 'empty.asice', '--with', 'other.pdf', '--out', 'wrong.asice');
    expectOneLineError(wrong, 2, /other\.pdf is none of the documents/);
    expect(existsSync(path('wrong.asice'))).toBe(false);
    const filled = await run('package', 'empty.asice', '--with', 'contract.pdf', '--out', 'case.asice');
    expect(filled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('documents/001-contract.pdf') as string,
    });
    const verified = await verify('case.asice');
    expect(verified.exitCode).toBe(0);
    const report = JSON.parse(verified.stdout) as {
      verdict: string;
      items: { report: VerificationReport }[];
    };
    expect(report.verdict).toBe('holds');
    expect(report.items[0]!.report.checks.find(({ name }) => name === 'document')?.status).toBe('passed');
  });

  test('a certificate is fetched, never over another file, and verifies with the document alone', async () => {
    const fetched = await run('certificate', record, '--lang', 'zh-en', '--out', 'fetched.pdf');
    expect(fetched).toMatchObject({ exitCode: 0, stdout: 'fetched.pdf\n' });
    const verified = await runCli(
      ['verify', 'contract.pdf', '--receipt', 'fetched.pdf', '--policy', 'policy'],
      { cwd },
    );
    expect(verified.exitCode).toBe(0);
    expectOneLineError(await run('certificate', record, '--out', 'fetched.pdf'), 2, /exists already/);
    expectOneLineError(await run('certificate', 'contract.pdf'), 2, /no record id/);
    expectOneLineError(await run('certificate', record, '--lang', 'fr'), 2, /zh, en, zh-en/);
    const unknown = record.replace(/^.{8}/, '00000000');
    expectOneLineError(await run('certificate', unknown), 2, /no such|not found|404/i);
  });

  test('an altered package is exit code 1, and says what is altered', async () => {
    const bytes = readFileSync(path('empty.asice'));
    // The README is stored as text or deflated: either way a flipped bit in it is found.
    bytes[bytes.indexOf('README.txt') + 30]! ^= 1;
    writeFileSync(path('altered.asice'), bytes);
    const altered = await runCli(['verify', 'altered.asice', '--policy', 'policy'], { cwd });
    expectOneLineError(altered, 1, /package is not as it was made/);
  });

  test('a list that the service refuses is refused here, and nothing is written', async () => {
    writeFileSync(
      path('bad.json'),
      JSON.stringify({ items: [{ evidence: '00000000-0000-7000-8000-000000000000', name: 'a' }] }),
    );
    expectOneLineError(
      await run('package', '--list', 'bad.json', '--out', 'bad.asice'),
      2,
      /no evidence with this id/,
    );
    expect(existsSync(path('bad.asice'))).toBe(false);
    expectOneLineError(await run('package', '--out', 'x.asice'), 2, /give either a package or --list/);
  });
});

describeWithTool('openssl', 'a package of receipts with certificates', () => {
  test('is verified with all that a receipt by itself is, and shows every check that did not pass', async () => {
    const pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const stranger = pki.issue({ name: 'stranger', extensions: CA_EXTENSIONS });
    const leaf = pki.issue({
      name: 'minister',
      issuer: stranger,
      key: 'ed25519',
      extensions: SIGNER_EXTENSIONS,
    });
    const { receipt } = buildReceipt({
      signer: toTestKey(createPrivateKey(readFileSync(leaf.keyPath))),
      record: (record) => ({ ...record, assurance: 'certificate' }),
      disclosures: (all) => [
        ...all.map((one) => (one.name === 'signer.0.assurance' ? { ...one, value: 'certificate' } : one)),
        {
          salt: new Uint8Array(16).fill(0x77),
          name: 'signer.0.certificates',
          value: [encodeBase64(leaf.der), encodeBase64(stranger.der)],
        },
      ],
    });
    const item = { name: 'x', receipt, custody: '{}', vkeys: [logVerifierKey.vkey] };
    const input = { items: [item], verifyPage: Buffer.from('x') };
    writeFileSync(
      path('minister.asice'),
      await buildPackage(nativeCrypto, input, false, () => Promise.resolve(undefined)),
    );
    writeFileSync(path('minister-policy'), `log ${logVerifierKey.vkey}\nquorum none\n`);
    writeFileSync(path('roots.pem'), root.pem);
    pki.remove();
    const args = ['verify', 'minister.asice', '--policy', 'minister-policy', '--signer-roots', 'roots.pem'];
    const verified = await runCli([...args, '--lang', 'en'], { cwd });
    expect(verified.stdout).toMatch(/✗ signers: failed: the certificates of signer 0 do not hold/);
    expect(verified.stdout).toContain('– document: not checked: ');
    expectOneLineError(await runCli([...args, '--ledger', 'nowhere'], { cwd }), 2, /nowhere/);
  });
});

describe('a certificate', () => {
  test('verifies by itself: the receipt is inside', async () => {
    writeFileSync(path('example-policy'), `log ${exampleVerifierKey}\nquorum none\n`);
    const pdf = await formatCertificate({
      receipt: exampleReceipt,
      report: exampleReport as unknown as VerificationReport,
      operator: undefined,
      language: 'zh',
      pageUrl: 'https://notary.example/',
    });
    writeFileSync(path('certificate.pdf'), pdf);
    writeFileSync(path('abc'), 'abc');
    for (const args of [['certificate.pdf'], ['abc', '--receipt', 'certificate.pdf']]) {
      const verified = await runCli(['verify', ...args, '--policy', 'example-policy'], { cwd });
      expect(verified).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('verdict: holds') as string,
      });
    }
  });
});
