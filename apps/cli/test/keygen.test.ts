/** `cunzheng keygen`: what it writes and what it never overwrites. */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
const keygen = (...args: string[]): Promise<CliRun> => runCli(['keygen', ...args], { cwd });

describe.each([
  ['ed25519', 'ed25519'],
  ['ecdsa-p256-sha256', 'ec'],
])('keygen --alg %s', (alg, keyType) => {
  it('writes a PKCS #8 key for its owner alone and prints its public half', async () => {
    const out = `${alg}.pem`;
    const { exitCode, stdout } = await keygen('--alg', alg, '--out', out, '--json');
    expect(exitCode).toBe(0);
    expect(statSync(join(cwd, out)).mode & 0o777).toBe(0o600);
    const pem = readFileSync(join(cwd, out), 'utf8');
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const privateKey = createPrivateKey(pem);
    expect(privateKey.asymmetricKeyType).toBe(keyType);
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    expect(JSON.parse(stdout)).toEqual({
      file: out,
      alg,
      keyid: createHash('sha256').update(spki).digest('hex'),
      publicKey: spki.toString('base64'),
    });
    expect(stdout).not.toContain(pem.split('\n')[1]);
  });
});

it('makes an Ed25519 key in the current folder by default and says what to do next', async () => {
  const { exitCode, stdout, stderr } = await keygen();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^private key {2}cunzheng-key\.pem\nalgorithm {4}ed25519\nkeyid {8}[0-9a-f]{64}\npublic key {3}\S+\n$/,
  );
  expect(stderr).toMatch(
    /cunzheng signer create[^\n]*\n {2}cunzheng signer add-key SIGNER_ID --key cunzheng-key\.pem/,
  );
});

it('never overwrites a file', async () => {
  writeFileSync(join(cwd, 'taken.pem'), 'precious');
  expectOneLineError(await keygen('--out', 'taken.pem'), 2, /exists already: choose another --out/);
  expect(readFileSync(join(cwd, 'taken.pem'), 'utf8')).toBe('precious');
});

it('names the folder that is missing', async () => {
  expectOneLineError(await keygen('--out', 'no/such/folder/key.pem'), 2, /no\/such\/folder does not exist/);
});
