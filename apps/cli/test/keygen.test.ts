/** `cunzheng keygen`: what it writes and what it never overwrites. */
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithTool, requireTool } from '@test/tools.js';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseSigningKey } from '../src/keys/signing-key.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
const keygen = (...args: string[]): Promise<CliRun> => runCli(['keygen', ...args], { cwd });

describe.each([
  ['ed25519', 'ed25519'],
  ['ecdsa-p256-sha256', 'ec'],
  ['ecdsa-secp256k1-sha256', 'ec'],
  ['rsa-pss-sha256', 'rsa'],
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

describeWithTool('openssl', 'keys that node:crypto does not sign with', () => {
  it('an SM2 key is one for openssl as well, and the other way round', async () => {
    const { stdout } = await keygen('--alg', 'sm2-sm3', '--out', 'sm2.pem', '--json');
    const openssl = (...args: string[]): Buffer => execFileSync(requireTool('openssl'), args, { cwd });
    const spki = openssl('pkey', '-in', 'sm2.pem', '-pubout', '-outform', 'DER');
    expect(JSON.parse(stdout)).toMatchObject({ alg: 'sm2-sm3', publicKey: spki.toString('base64') });
    openssl('genpkey', '-algorithm', 'SM2', '-out', 'theirs.pem');
    const key = parseSigningKey(readFileSync(join(cwd, 'theirs.pem'), 'utf8'), 'theirs.pem');
    expect(Buffer.from(key.spki)).toEqual(openssl('pkey', '-in', 'theirs.pem', '-pubout', '-outform', 'DER'));
    writeFileSync(join(cwd, 'message'), 'message');
    writeFileSync(join(cwd, 'signature'), key.sign(Buffer.from('message')));
    const verify = ['pkeyutl', '-verify', '-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'];
    openssl(...verify, '-in', 'message', '-inkey', 'theirs.pem', '-sigfile', 'signature');
  });
});

it('an ML-DSA-65 key is its seed (RFC 9881 §6), read back to the same public key', async () => {
  const { stdout } = await keygen('--alg', 'ml-dsa-65', '--out', 'mldsa.pem', '--json');
  const pem = readFileSync(join(cwd, 'mldsa.pem'), 'utf8');
  expect(
    Buffer.from(pem.split('\n')[1] ?? '', 'base64')
      .subarray(0, 22)
      .toString('hex'),
  ).toBe('3034020100300b060960864801650304031204228020');
  const key = parseSigningKey(pem, 'mldsa.pem');
  expect(JSON.parse(stdout)).toMatchObject({
    keyid: key.keyid,
    publicKey: Buffer.from(key.spki).toString('base64'),
  });
  const algorithm = nativeCrypto.signature('ml-dsa-65');
  const message = Buffer.from('message');
  expect(algorithm.verify(algorithm.importPublicKey(key.spki), message, key.sign(message))).toBe(true);
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
