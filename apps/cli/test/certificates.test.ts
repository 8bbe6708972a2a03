/** Certificates of signers on the command line: sent with a statement, registered for a key, and verified by own roots. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CA_EXTENSIONS, type Issued, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';
import { startService, type SupervisedService } from './supervised-service.js';

interface Report {
  readonly verdict: string;
  readonly checks: readonly { name: string; status: string; established: Record<string, unknown> }[];
}

const cwd = useFolder();

describeWithTool('openssl', 'certificates on the command line', () => {
  let service: SupervisedService;
  let pki: OpensslPki;
  let root: Issued;
  let leaf: Issued;

  const run = (args: readonly string[]): Promise<CliRun> => runCli(args, { cwd, env: service.env });

  /** Runs a command that must work, and gives what it prints. */
  async function print(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await run(args);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  const file = (name: string, content: string): string => {
    writeFileSync(join(cwd, name), content, { mode: 0o600 });
    return name;
  };

  const notarize = async (name: string, ...args: string[]): Promise<void> => {
    await print('notarize', file(name, `content of ${name}`), '--organization', 'firm', ...args);
  };

  async function signersOf(name: string): Promise<unknown> {
    const trust = ['--trust', service.trustDir, '--signer-roots', root.certificatePath];
    const report = await print('verify', name, '--receipt', `${name}.receipt.json`, ...trust, '--json');
    const { verdict, checks } = JSON.parse(report) as Report;
    expect(verdict).toBe('holds');
    const check = checks.find((one) => one.name === 'signers')!;
    return [check.status, check.established['signers']];
  }

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    leaf = pki.issue({ name: 'zhang', issuer: middle, extensions: SIGNER_EXTENSIONS });
    service = await startService(cwd, 'firm', { SIGNER_ROOTS_FILE: root.certificatePath });
    file('key.pem', readFileSync(leaf.keyPath, 'utf8'));
    // In the order in which authorities hand them out just as in any other.
    file('sent.pem', middle.pem + leaf.pem);
    file('chain.pem', leaf.pem + middle.pem);
  });
  afterAll(() => {
    pki.remove();
  });

  it('are sent with a statement for the key they belong to, or registered once and used from then on', async () => {
    const signer = await print('signer', 'create', '--name', '张三', '--type', 'person');
    const until = '2040-01-01T00:00:00.000Z';
    const added = await print(
      ...['signer', 'add-key', signer, '--key', 'key.pem'],
      ...['--valid-until', until, '--json'],
    );
    expect(JSON.parse(added)).toMatchObject({ validUntil: until });
    await print('keygen', '--out', 'plain.pem');
    const other = await print('signer', 'create', '--name', '李四');
    await print('signer', 'add-key', other, '--key', 'plain.pem');

    const line = expect.stringMatching(/^张三: signed with a certificate of .*CN=zhang/) as string;
    const certified = ['passed', [line]];
    await notarize('sent.txt', '--key', 'key.pem', '--certificates', 'sent.pem');
    expect(await signersOf('sent.txt')).toEqual(certified);
    const both = ['--key', 'plain.pem', '--key', 'key.pem'];
    await notarize('both.txt', ...both, '--certificates', 'sent.pem');
    expect(await signersOf('both.txt')).toEqual(['passed', ['李四: signed with a registered key', line]]);

    await notarize('before.txt', '--key', 'key.pem');
    expect(await signersOf('before.txt')).toEqual(['passed', ['张三: signed with a registered key']]);
    expect(await print('signer', 'add-certificate', signer, 'chain.pem')).toMatch(/^[0-9a-f]{64}$/);
    await notarize('after.txt', '--key', 'key.pem');
    expect(await signersOf('after.txt')).toEqual(certified);
  });

  it('are refused before anything is sent: without a key, for no key, and what is no certificate', async () => {
    const target = file('refused.txt', 'x');
    const signed = ['--key', 'plain.pem', '--organization', 'firm'];
    expectOneLineError(
      await run(['notarize', target, '--certificates', 'sent.pem']),
      2,
      /--certificates goes with --key/,
    );
    expectOneLineError(
      await run(['notarize', target, ...signed, '--certificates', 'sent.pem']),
      2,
      /none of the certificates is for a key that signs/,
    );
    expectOneLineError(
      await run(['notarize', target, ...signed, '--certificates', 'key.pem']),
      2,
      /got a .*PRIVATE KEY block, want CERTIFICATE/,
    );
    expectOneLineError(await run(['signer', 'add-certificate', 'x', 'nowhere.pem']), 2, /nowhere\.pem/);
  });
});
