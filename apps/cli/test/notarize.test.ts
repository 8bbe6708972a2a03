/** `cunzheng notarize`, `signer` and `receipt` against the real service, end to end: the receipts are verified offline. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';
import { startService, type SupervisedService } from './supervised-service.js';

interface Result {
  readonly file: string;
  readonly id: string;
  readonly receipt?: string;
  readonly sizeBytes: number;
  readonly fingerprints: readonly { algorithm: string; digest: string }[];
}

const cwd = useFolder();
let service: SupervisedService;

const run = (args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> =>
  runCli(args, { cwd, env: { ...service.env, ...env } });

async function notarize(...args: string[]): Promise<readonly Result[]> {
  const { exitCode, stdout, stderr } = await run(['notarize', ...args, '--json']);
  if (exitCode !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as { results: readonly Result[] }).results;
}

async function verdictOf(file: string, receipt: string): Promise<unknown> {
  const args = ['verify', file, '--receipt', receipt, '--trust', service.trustDir, '--json'];
  const { stdout } = await runCli(args, { cwd });
  return (JSON.parse(stdout) as { verdict: unknown }).verdict;
}

function write(path: string, content = `content of ${path}\n`): string {
  mkdirSync(join(cwd, path, '..'), { recursive: true });
  writeFileSync(join(cwd, path), content);
  return path;
}

beforeAll(async () => {
  service = await startService(cwd, 'firm');
});

describe('notarize', () => {
  it('writes a receipt beside the file that verifies offline', async () => {
    const file = write('folder/合同 2026.txt', 'abc');
    const [result] = await notarize(file);
    expect(result).toMatchObject({
      file,
      receipt: `${file}.receipt.json`,
      sizeBytes: 3,
      fingerprints: [
        { algorithm: 'sha-256', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
        { algorithm: 'sm3', digest: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0' },
      ],
    });
    expect(await verdictOf(file, `${file}.receipt.json`)).toBe('holds');
  });

  it('never overwrites a receipt, and sends nothing then', async () => {
    const file = write('taken.txt');
    write('taken.txt.receipt.json', 'precious');
    expectOneLineError(
      await run(['notarize', file], { CUNZHENG_URL: 'http://127.0.0.1:1' }),
      2,
      /receipt\.json exists already/,
    );
    expect(readFileSync(join(cwd, 'taken.txt.receipt.json'), 'utf8')).toBe('precious');
  });

  it('takes several files, algorithms, a title, a prefix and a folder, and knows them again', async () => {
    const files = [write('a.txt'), write('b.txt')];
    const options = [
      '--algorithm',
      'sm3',
      '--algorithm',
      'sha3-256',
      '--title',
      '标题',
      '--client-ref',
      'case-7',
    ];
    const results = await notarize(...files, ...options, '--out', 'receipts');
    expect(readdirSync(join(cwd, 'receipts')).sort()).toEqual(['a.txt.receipt.json', 'b.txt.receipt.json']);
    expect(results.map(({ fingerprints }) => fingerprints.map(({ algorithm }) => algorithm))).toEqual([
      ['sha3-256', 'sm3'],
      ['sha3-256', 'sm3'],
    ]);
    for (const { file, receipt } of results) {
      expect(await verdictOf(file, receipt!)).toBe('holds');
      const text = disclosedText(receipt!);
      expect(text).toContain('"title","标题"');
      expect(text).toContain(`"clientRef","case-7/${basename(file)}"`);
      expect(text).not.toContain('content of');
    }
    const again = await notarize(...files, ...options, '--out', 'again');
    expect(again.map(({ id }) => id)).toEqual(results.map(({ id }) => id));
    expectOneLineError(
      await run(['notarize', write('c.txt'), '--client-ref', 'case-7/a.txt']),
      2,
      /refused \(409\): The client reference belongs to other fingerprints: .*choose another/,
    );
  });

  it('keeps the receipts of what was accepted before a failure', async () => {
    const first = write('first.txt');
    const { exitCode, stdout, stderr } = await run(['notarize', first, 'missing.txt', '--json']);
    expect(exitCode).toBe(2);
    expect((JSON.parse(stdout) as { results: unknown[] }).results).toHaveLength(1);
    expect(stderr).toMatch(/missing\.txt does not exist/);
    expect(await verdictOf(first, `${first}.receipt.json`)).toBe('holds');
  });

  it('does not wait with --wait 0; the receipt is fetched later', async () => {
    const file = write('later.txt');
    const [result] = await notarize(file, '--wait', '0');
    expect(result).not.toHaveProperty('receipt');
    expect(existsSync(join(cwd, 'later.txt.receipt.json'))).toBe(false);
    const fetched = await run(['receipt', result!.id, '--out', 'later.json']);
    expect(fetched).toMatchObject({ exitCode: 0, stdout: 'later.json\n' });
    expect(await verdictOf(file, 'later.json')).toBe('holds');
    expectOneLineError(await run(['receipt', result!.id, '--out', 'later.json']), 2, /exists already/);
    expectOneLineError(
      await run(['receipt', result!.id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))]),
      2,
      /refused \(404\)/,
    );
  });

  it('takes the API key from a file, and says when it is wrong or ended', async () => {
    const file = write('by-file.txt');
    write('api-key', `${service.env['CUNZHENG_API_KEY'] ?? ''}\n`);
    const byFile = ['notarize', file, '--api-key-file', 'api-key'];
    expect((await run(byFile, { CUNZHENG_API_KEY: '' })).exitCode).toBe(0);
    expectOneLineError(
      await run(['notarize', write('wrong.txt')], { CUNZHENG_API_KEY: 'czk_wrong' }),
      2,
      /refused \(401\): A valid API key is required/,
    );
    const created = await runCli(['admin', 'api-key', 'create', 'firm', '--json'], {
      cwd,
      env: service.adminEnv,
    });
    const { apiKey, id } = JSON.parse(created.stdout) as { apiKey: string; id: string };
    expect((await run(['notarize', 'wrong.txt'], { CUNZHENG_API_KEY: apiKey })).exitCode).toBe(0);
    await runCli(['admin', 'api-key', 'revoke', id], { cwd, env: service.adminEnv });
    expectOneLineError(
      await run(['notarize', write('revoked.txt')], { CUNZHENG_API_KEY: apiKey }),
      2,
      /refused \(401\)/,
    );
  });

  it('shows progress when asked to, on stderr only', async () => {
    const { stdout, stderr } = await run(['notarize', write('progress.txt'), '--progress', '--json']);
    expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    expect(stderr).toMatch(/progress\.txt .*100%/);
  });
});

describe('signed statements', () => {
  it('are refused once the key is revoked', async () => {
    const made = await run(['keygen', '--out', 'lost.pem', '--json']);
    const { keyid } = JSON.parse(made.stdout) as { keyid: string };
    const signer = (await run(['signer', 'create', '--name', '赵六'])).stdout.trim();
    await run(['signer', 'add-key', signer, '--key', 'lost.pem']);
    const revoked = await run(['signer', 'revoke-key', signer, keyid, '--reason', 'key-compromise']);
    expect(revoked).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^revoked as of \d{4}-/) as string,
    });
    const signed = ['notarize', write('too-late.txt'), '--key', 'lost.pem', '--organization', 'firm'];
    expectOneLineError(await run(signed), 2, /refused \(422\): A signing key is revoked/);
    expectOneLineError(await run(['signer', 'revoke-key', signer, keyid]), 2, /A signing key is revoked/);
  });

  it.each([
    'ed25519',
    'ecdsa-p256-sha256',
    'ecdsa-secp256k1-sha256',
    'rsa-pss-sha256',
    'sm2-sm3',
    'ml-dsa-65',
  ])('are signed with a registered %s key and verify offline', async (alg) => {
    const key = `${alg}.pem`;
    const { keyid } = JSON.parse((await run(['keygen', '--out', key, '--alg', alg, '--json'])).stdout) as {
      keyid: string;
    };
    const file = write(`signed-${alg}.txt`);
    const signed = ['notarize', file, '--key', key, '--organization', 'firm'];
    expectOneLineError(await run(signed), 2, /refused \(422\): A signing key is not registered/);

    const identifier = ['--identifier', 'cn-uscc=91110000600037341L', '--identifier', 'note=a=b'];
    const signer = await run(['signer', 'create', '--name', '张三', ...identifier]);
    expect(signer.exitCode).toBe(0);
    const id = signer.stdout.trim();
    const added = await run(['signer', 'add-key', id, '--key', key]);
    expect(added).toMatchObject({ exitCode: 0, stdout: `${keyid}\n` });
    expectOneLineError(
      await run(['signer', 'add-key', id, '--key', key]),
      2,
      /refused \(409\): The key is registered already/,
    );

    expect((await run(signed)).exitCode).toBe(0);
    const args = ['verify', file, '--receipt', `${file}.receipt.json`, '--trust', service.trustDir, '--json'];
    const report = JSON.parse((await runCli(args, { cwd })).stdout) as {
      verdict: string;
      checks: { name: string }[];
    };
    expect(report.verdict).toBe('holds');
    const check = (name: string): unknown => report.checks.find((one) => one.name === name);
    expect(check('statement')).toMatchObject({
      status: 'passed',
      established: { organization: 'firm', keyids: [keyid] },
    });
    expect(check('signers')).toMatchObject({
      status: 'passed',
      established: { assurance: 'key', names: ['张三'] },
    });
    expect(disclosedText(`${file}.receipt.json`)).toContain('{"scheme":"note","value":"a=b"}');
  });

  it('count for their own organization only', async () => {
    const file = write('foreign.txt');
    await run(['keygen', '--out', 'foreign.pem']);
    const args = ['notarize', file, '--key', 'foreign.pem', '--organization', 'another-firm'];
    expectOneLineError(await run(args), 2, /refused \(422\)/);
    expect(existsSync(join(cwd, 'foreign.txt.receipt.json'))).toBe(false);
  });

  it('need a key that can sign them', async () => {
    write('nonsense.pem', 'no key');
    expectOneLineError(
      await run(['notarize', write('n.txt'), '--key', 'nonsense.pem', '--organization', 'firm']),
      2,
      /is no private key in PEM: make one with cunzheng keygen/,
    );
  });
});

/** Everything that a receipt discloses, as JSON texts. */
function disclosedText(receipt: string): string {
  const { disclosures } = JSON.parse(readFileSync(join(cwd, receipt), 'utf8')) as { disclosures: string[] };
  return disclosures.map((one) => Buffer.from(one, 'base64url').toString('utf8')).join('\n');
}
