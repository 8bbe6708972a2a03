/** How the command line answers to being used wrongly, and what its help says. */
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
const run = (...args: string[]): Promise<CliRun> => runCli(args, { cwd, env: { CUNZHENG_API_KEY: 'czk_x' } });

describe('help', () => {
  it.concurrent('documents every exit code', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    for (const code of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`^  ${code}  `, 'm'));
    for (const command of ['keygen', 'signer', 'notarize', 'receipt', 'verify', 'admin']) {
      expect(stdout).toMatch(new RegExp(`^  ${command}`, 'm'));
    }
  });

  it.concurrent('documents the exit codes of verify at verify', async () => {
    const { exitCode, stdout } = await run('verify', '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /Exit code 0: the receipt holds; 1: altered, or another document; 2: usage; 3: incomplete/,
    );
  });

  it.concurrent.each([[[]], [['admin']], [['signer']], [['admin', 'api-key']]])(
    'is shown for want of a command after %j, which is a usage error',
    async (args) => {
      const { exitCode, stdout, stderr } = await run(...args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^Usage: cunzheng/);
    },
  );
});

describe('usage errors', () => {
  const cases: [string[], RegExp][] = [
    [['bogus'], /unknown command 'bogus'/],
    [['verify', '--receipt', 'r', '--bogus'], /unknown option '--bogus'/],
    [['verify', 'a', 'b', '--receipt', 'r'], /too many arguments/],
    [['verify'], /give --receipt FILE, or a certificate or an evidence package/],
    [['verify', '--receipt', 'r', '--lang', 'fr'], /Allowed choices are en, zh/],
    [['notarize'], /missing required argument 'file'/],
    [['notarize', 'missing.txt'], /missing\.txt does not exist/],
    [['notarize', '.'], /is no regular file/],
    [['notarize', 'f', '--wait', '1.5'], /want whole seconds/],
    [['notarize', 'f', '--wait', '3601'], /want whole seconds/],
    [['notarize', 'f', '--algorithm', 'md5'], /want one of sha-256, sha-384/],
    [['notarize', 'f', '--organization', 'firm'], /goes with --key/],
    [['notarize', 'f', '--key', 'k.pem'], /give --organization ID with --key/],
    [['notarize', 'f', '--key', 'k.pem', '--organization', 'firm'], /k\.pem does not exist/],
    [['notarize', 'f', '--url', 'ftp://x'], /no address of a service/],
    [['notarize', 'f', '--url', 'http://user:secret@x'], /no address of a service/],
    [['notarize', 'a/f', 'b/f', '--out', 'o'], /two files would share one receipt file/],
    [['receipt', 'not-an-id'], /is no record id/],
    [['signer', 'create'], /required option '--name <name>'/],
    [['signer', 'create', '--name', 'x', '--identifier', 'noequals'], /want scheme=value/],
    [['signer', 'add-key', 'not-an-id', '--key', 'k'], /is no signer id/],
    [['keygen', '--alg', 'rsa'], /Allowed choices are/],
    [['admin', 'organization', 'create', 'Bad_Id', '--name', 'x'], /is no organization id/],
    [['admin', 'organization', 'create', 'firm', '--name', ' '], /--name must have 1 to 200/],
    [['admin', 'api-key', 'create', 'firm', '--scope', 'root'], /root is no scope: want evidence:write/],
    [['admin', 'api-key', 'create', 'firm', '--expires', '2099-02-30'], /want a date/],
    [['admin', 'api-key', 'create', 'firm', '--expires', '2020-02-20'], /lies in the past/],
    [['admin', 'api-key', 'revoke', 'czk_abcdefgh_secret'], /8 characters after czk_/],
  ];

  it.concurrent.each(cases)('%j: exit code 2 and one line', async (args, message) => {
    expectOneLineError(await run(...args), 2, message);
  });

  it.concurrent('says the same as JSON with --json', async () => {
    const { exitCode, stdout, stderr } = await run('notarize', 'missing.txt', '--json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({ error: 'missing.txt does not exist', exitCode: 2 });
  });

  it.concurrent('prints a hostile file name as its code points', async () => {
    const { stderr } = await run('notarize', '\u001b[2Jx\u202e');
    expect(stderr).toBe('cunzheng: \\u{1b}[2Jx\\u{202e} does not exist\n');
  });

  it.concurrent('wants an API key from the environment or a file, never as an argument', async () => {
    expectOneLineError(
      await runCli(['receipt', '0'.repeat(8) + '-0000-0000-0000-000000000000'], { cwd }),
      2,
      /CUNZHENG_API_KEY holds no API key/,
    );
    const { stdout } = await run('notarize', '--help');
    expect(stdout).not.toMatch(/--api-key /);
  });
});
