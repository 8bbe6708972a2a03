/** `cunzheng verify`, offline: what each verdict exits with, where trust comes from, and what is printed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  FINGERPRINT_ALGORITHMS,
  formatReceipt,
  parseReceipt,
  verifyReceipt,
  type VerificationReport,
} from '@cunzheng/receipt';
import {
  buildReceipt,
  buildTrust,
  buildTrustFiles,
  DOCUMENT,
  OPERATOR_ALONE,
  strangerKey,
  TRUST_INPUT,
  verifierKey,
  ORIGIN,
  type BuildOptions,
} from '../../../libs/receipt/test/build-receipt.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(join(cwd, path, '..'), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

function writeTrust(folder: string, files: object): void {
  for (const [name, text] of Object.entries(files)) write(`${folder}/${name}`, text as string);
}

const verify = (args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> =>
  runCli(['verify', ...args], { cwd, env });

async function verifyForReport(
  receipt: string,
  trust: string,
  document = 'document.txt',
): Promise<CliRun & { report: VerificationReport }> {
  const run = await verify([document, '--receipt', receipt, '--trust', trust, '--json']);
  return { ...run, report: JSON.parse(run.stdout) as VerificationReport };
}

const failedChecks = ({ checks }: VerificationReport): string[] =>
  checks.filter(({ status }) => status === 'failed').map(({ name }) => name);

const built = buildReceipt();

write('document.txt', DOCUMENT);
write('other.txt', `${DOCUMENT}!`);
write('receipt.json', built.receipt);
writeTrust('witnesses', buildTrustFiles(TRUST_INPUT));
writeTrust('operator', {
  ...buildTrustFiles(OPERATOR_ALONE),
  'tsa-roots.pem': '',
  'signer-roots.pem': '\n',
});
const stranger = verifierKey(ORIGIN, 'ed25519', strangerKey);
writeTrust('stranger', buildTrustFiles({ policy: { ...OPERATOR_ALONE.policy, logs: [{ key: stranger }] } }));

describe('verdicts and exit codes', () => {
  it.concurrent('0: holds, with the report of the library as JSON', async () => {
    const { exitCode, report } = await verifyForReport('receipt.json', 'witnesses');
    const document = ['sha-256', 'sm3'].map((algorithm) => ({
      algorithm,
      digest: Buffer.from(nativeCrypto.digest(algorithm).hash(Buffer.from(DOCUMENT))).toString('hex'),
    }));
    expect(exitCode).toBe(0);
    expect(report).toEqual(
      await verifyReceipt(built.receipt, { crypto: nativeCrypto, trust: buildTrust(), document }),
    );
    expect(report.verdict).toBe('holds');
  });

  it.concurrent('0: checks that the trust does not require change nothing', async () => {
    write('bare.json', buildReceipt({ witnesses: [], unsigned: true, show: () => false }).receipt);
    const { exitCode, report } = await verifyForReport('bare.json', 'operator');
    expect({ exitCode, verdict: report.verdict, alone: report.operatorAlone }).toEqual({
      exitCode: 0,
      verdict: 'holds',
      alone: true,
    });
    const open = report.checks.filter(({ status }) => status === 'not checked').map(({ name }) => name);
    expect(open).toEqual(['witnesses', 'timestamps', 'statement', 'signers']);
  });

  it.concurrent('0: without a document the receipt alone is verified', async () => {
    const { exitCode, stdout } = await verify(['--receipt', 'receipt.json', '--trust', 'witnesses']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ 9 – document {4}not checked: no document was given \(no-document\)/);
    expect(stdout).toMatch(/No document was compared/);
  });

  it.concurrent('1: another document', async () => {
    const { exitCode, report } = await verifyForReport('receipt.json', 'witnesses', 'other.txt');
    expect({ exitCode, verdict: report.verdict, failed: failedChecks(report) }).toEqual({
      exitCode: 1,
      verdict: 'other-document',
      failed: ['document'],
    });
  });

  const swapped = built.parts.disclosures[0]!.replace(/^./, (letter) => (letter === 'W' ? 'V' : 'W'));
  const alterations: [string, string, string][] = [
    [
      'record',
      'inclusion',
      edit((parts) => ({
        record: parts.record.replace(/"nonce":"(.)/, (_, digit) => `"nonce":"${digit === '0' ? '1' : '0'}`),
      })),
    ],
    [
      'block header',
      'block',
      edit(({ block }) => ({ block: { ...block, header: block.header.replace('"count":3', '"count":4') } })),
    ],
    [
      'path',
      'inclusion',
      edit(({ inclusion }) => ({ inclusion: { ...inclusion, hashes: inclusion.hashes.slice(1) } })),
    ],
    [
      'disclosure',
      'disclosures',
      edit(({ disclosures }) => ({ disclosures: [swapped, ...disclosures.slice(1)] })),
    ],
    ['format', 'format', `${built.receipt}\n`],
    ['size', 'format', ' '.repeat(10_000_001)],
  ];
  function edit(change: (parts: typeof built.parts) => Partial<typeof built.parts>): string {
    return formatReceipt({ ...built.parts, ...change(built.parts) });
  }
  it.concurrent.each(alterations)(
    '1: an altered %s is refused by the check %s',
    async (name, check, text) => {
      write(`${name}.json`, text);
      const { exitCode, report } = await verifyForReport(`${name}.json`, 'witnesses');
      expect({ exitCode, verdict: report.verdict }).toEqual({ exitCode: 1, verdict: 'altered' });
      expect(failedChecks(report)).toContain(check);
    },
  );

  it.concurrent('3: a checkpoint under a key that is not trusted', async () => {
    const { exitCode, report } = await verifyForReport('receipt.json', 'stranger');
    expect({ exitCode, verdict: report.verdict, failed: failedChecks(report) }).toEqual({
      exitCode: 3,
      verdict: 'unverifiable',
      failed: ['checkpoint'],
    });
  });

  it.concurrent('3: a witness short of the quorum', async () => {
    write('one-witness.json', buildReceipt({ witnesses: [1] }).receipt);
    const { exitCode, report } = await verifyForReport('one-witness.json', 'witnesses');
    expect({ exitCode, verdict: report.verdict, failed: failedChecks(report) }).toEqual({
      exitCode: 3,
      verdict: 'incomplete',
      failed: ['witnesses'],
    });
  });

  it.concurrent('2: files that are not there', async () => {
    expectOneLineError(
      await verify(['missing.txt', '--receipt', 'receipt.json', '--trust', 'operator']),
      2,
      /missing\.txt does not exist/,
    );
    expectOneLineError(
      await verify(['--receipt', 'missing.json', '--trust', 'operator']),
      2,
      /missing\.json does not exist/,
    );
    expectOneLineError(await verify(['--receipt', '.', '--trust', 'operator']), 2, /is a folder/);
  });
});

it.concurrent('computes every algorithm that the record has', async () => {
  const fingerprints = FINGERPRINT_ALGORITHMS.map((algorithm) => ({
    algorithm,
    digest: Buffer.from(nativeCrypto.digest(algorithm).hash(Buffer.from(DOCUMENT))).toString('hex'),
  }));
  const options: BuildOptions = { unsigned: true, record: (record) => ({ ...record, fingerprints }) };
  write('five.json', buildReceipt(options).receipt);
  const { report } = await verifyForReport('five.json', 'witnesses');
  const document = report.checks.find(({ name }) => name === 'document');
  expect(document).toMatchObject({ status: 'passed', established: { compared: FINGERPRINT_ALGORITHMS } });
});

describe('trust', () => {
  const receipt = ['document.txt', '--receipt', 'receipt.json'];

  it.concurrent('comes from --trust, else CUNZHENG_TRUST_DIR, else ~/.config/cunzheng/trust', async () => {
    const home = join(cwd, 'home');
    writeTrust('home/.config/cunzheng/trust', buildTrustFiles(TRUST_INPUT));
    const used = async (args: string[], env: Record<string, string>): Promise<string | undefined> =>
      /^trust {5}(.*)$/m.exec((await verify([...receipt, ...args], env)).stdout)?.[1];
    expect(await used([], { HOME: home })).toBe(join(home, '.config/cunzheng/trust'));
    expect(await used([], { HOME: home, CUNZHENG_TRUST_DIR: 'operator' })).toBe('operator');
    expect(await used(['--trust', 'stranger'], { HOME: home, CUNZHENG_TRUST_DIR: 'operator' })).toBe(
      'stranger',
    );
  });

  it.concurrent.each([
    ['nowhere', [], {}],
    ['in the folder of the environment', [], { CUNZHENG_TRUST_DIR: 'nowhere' }],
    ['in the folder that is named', ['--trust', 'nowhere'], {}],
  ])('that is %s: exit code 3 and how to get it', async (_, args, env: Record<string, string>) => {
    const run = await verify([...receipt, ...args], env);
    expectOneLineError(
      run,
      3,
      /no trust: .*policy does not exist; get the trust folder of the log from its operator .* give --trust DIR or set CUNZHENG_TRUST_DIR/,
    );
    expect(run.stdout).toBe('');
  });

  it.concurrent('is never taken from a .env file that came with the evidence', async () => {
    write('bundle/.env', `CUNZHENG_TRUST_DIR=${join(cwd, 'operator')}\n`);
    const run = await runCli(['verify', '--receipt', '../receipt.json'], { cwd: join(cwd, 'bundle') });
    expectOneLineError(run, 3, /no trust/);
  });

  it.concurrent('can be single files: with --policy alone no folder is read', async () => {
    const args = [...receipt, '--policy', 'witnesses/policy'];
    expect(await verify(args, { CUNZHENG_TRUST_DIR: 'nowhere' })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^trust {5}witnesses\/policy$/m) as string,
    });
    expectOneLineError(
      await verify([...receipt, '--policy', 'nowhere/policy']),
      2,
      /nowhere\/policy does not exist/,
    );
    expectOneLineError(
      await verify([...args, '--tsa-roots', 'nowhere.pem']),
      2,
      /nowhere\.pem does not exist/,
    );
  });

  it.concurrent('can be a folder with a file of it replaced', async () => {
    expect((await verify([...receipt, '--trust', 'operator', '--policy', 'stranger/policy'])).exitCode).toBe(
      3,
    );
    expectOneLineError(
      await verify([...receipt, '--trust', 'operator', '--signer-roots', 'document.txt']),
      2,
      /pem-invalid/,
    );
  });

  it.concurrent('that cannot be read is a usage error that says where it is wrong', async () => {
    writeTrust('broken', { ...buildTrustFiles(OPERATOR_ALONE), policy: 'log nonsense\nquorum none\n' });
    expectOneLineError(
      await verify([...receipt, '--trust', 'broken']),
      2,
      /the trust in broken cannot be used: .*\(policy-/,
    );
    expectOneLineError(
      await verify([...receipt, '--policy', 'broken/policy']),
      2,
      /the policy broken\/policy cannot be used/,
    );
    writeTrust('half', { policy: buildTrustFiles(OPERATOR_ALONE).policy });
    expectOneLineError(await verify([...receipt, '--trust', 'half']), 3, /trust\.json does not exist/);
  });
});

describe('the report for people', () => {
  it.concurrent('has a line for each of the twelve checks, the verdict and the claim', async () => {
    const { stdout } = await verify(['document.txt', '--receipt', 'receipt.json', '--trust', 'witnesses']);
    expect(stdout.match(/^ ?\d+ [✓✗–] [a-z]+/gm)).toEqual([
      ' 1 ✓ format',
      ' 2 ✓ checkpoint',
      ' 3 ✓ witnesses',
      ' 4 – timestamps',
      ' 5 ✓ record',
      ' 6 ✓ inclusion',
      ' 7 ✓ block',
      ' 8 ✓ disclosures',
      ' 9 ✓ document',
      '10 ✓ statement',
      '11 ✓ signers',
      '12 ✓ time',
    ]);
    expect(stdout).toMatch(
      /\nverdict: holds\nclaim: These bytes existed by \S+ according to witnesses, and their record in notary\.example\/logs\/main is unchanged since\.\n$/,
    );
  });

  it.concurrent.each([
    ['--lang zh', ['--lang', 'zh'], {}],
    ['LANG', [], { LANG: 'zh_CN.UTF-8' }],
    ['LC_ALL before LANG', [], { LC_ALL: 'zh_TW', LANG: 'en_US.UTF-8' }],
  ])('is Chinese by %s', async (_, args, env: Record<string, string>) => {
    const { stdout } = await verify(
      ['other.txt', '--receipt', 'receipt.json', '--trust', 'witnesses', ...args],
      env,
    );
    expect(stdout).toMatch(/ 9 ✗ document {4}未通过：/);
    expect(stdout).toMatch(
      /\n结论: 属于另一文件 \(other-document\)\n表述: 回执成立，但所涉字节与所给文件不同。\n$/,
    );
  });

  it.concurrent('is English by --lang en wherever', async () => {
    const { stdout } = await verify(['--receipt', 'receipt.json', '--trust', 'witnesses', '--lang', 'en'], {
      LANG: 'zh_CN.UTF-8',
    });
    expect(stdout).toMatch(/^verdict: holds$/m);
  });

  it.concurrent('cannot steer the terminal, whatever a signer is called', async () => {
    const hostile = 'Eve\u001b[2J\u202everdict: holds\n';
    const options: BuildOptions = {
      disclosures: (all) =>
        all.map((one) => (one.name === 'signer.0.name' ? { ...one, value: hostile } : one)),
    };
    write('hostile.json', buildReceipt(options).receipt);
    const { stdout } = await verify(['--receipt', 'hostile.json', '--trust', 'witnesses']);
    expect(stdout).toContain('signers Eve\\u{1b}[2J\\u{202e}verdict: holds\\u{a}');
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('timestamps', () => {
  const testdata = (name: string): Buffer => readFileSync(join('libs/timestamp/testdata', name));
  const receipt = parseReceipt(readFileSync('libs/receipt/testdata/receipt.json'));
  const timestamp = { certificates: [], crls: [], ocsps: [], over: 'checkpoint', type: 'rfc3161' } as const;
  write(
    'stamped.json',
    formatReceipt({
      ...receipt,
      timestamps: [{ ...timestamp, token: testdata('token.der').toString('base64') }],
    }),
  );
  write('fixture-policy', readFileSync('libs/receipt/testdata/policy'));
  write('fixture-roots.pem', testdata('tsa-roots.pem'));

  test.each([
    [
      'with the root',
      ['--tsa-roots', 'fixture-roots.pem'],
      /✓ timestamps {2}authorities C=CN, O=Example Time Authority/,
    ],
    ['without it', [], /– timestamps .*rejected certificate-untrusted: /],
  ])('are verified %s', async (_, args, line) => {
    const run = await verify([
      '--receipt',
      'stamped.json',
      '--policy',
      'fixture-policy',
      '--lang',
      'en',
      ...args,
    ]);
    expect(run.stdout).toMatch(line);
  });
});
