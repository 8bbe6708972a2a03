/** `cunzheng keygen`: a signer's key pair in a file of its owner's. The private key never leaves this machine. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type SignerAlgorithm } from '@cunzheng/receipt';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { describeFileError } from '../file-error.js';
import { generateMlDsaKey } from './ml-dsa-key.js';
import { OPENSSL_GENERATORS } from './openssl-key.js';
import { parseSigningKey } from './signing-key.js';
import { generateSm2Key } from './sm2-key.js';

interface KeygenOptions {
  readonly out: string;
  readonly alg: SignerAlgorithm;
}

/** Each gives a private key as PEM in PKCS #8. RSA keys sign with PSS, so there is no generator for rsa-pkcs1v15-sha256. */
const GENERATORS: Partial<Record<SignerAlgorithm, () => string>> = {
  ...Object.fromEntries(
    Object.entries(OPENSSL_GENERATORS).map(([alg, generate]) => [
      alg,
      () => generate().export({ type: 'pkcs8', format: 'pem' }).toString(),
    ]),
  ),
  'sm2-sm3': () => formatPem(generateSm2Key()),
  'ml-dsa-65': () => formatPem(generateMlDsaKey()),
};

export function addKeygenCommand(program: Command): void {
  program
    .command('keygen')
    .description('make a key pair for signing statements')
    .option('--out <file>', 'where the private key goes; never overwritten', 'cunzheng-key.pem')
    .addOption(
      new Option('--alg <name>', 'signature algorithm').choices(Object.keys(GENERATORS)).default('ed25519'),
    )
    .action((options: KeygenOptions, command: Command) => {
      keygen(options, command);
    });
}

function keygen({ out, alg }: KeygenOptions, command: Command): void {
  const terminal = openTerminal(command);
  const pem = GENERATORS[alg]?.() ?? '';
  const { keyid, spki } = parseSigningKey(pem, out);
  writePrivateKey(out, pem);
  const publicKey = Buffer.from(spki).toString('base64');
  terminal.result(
    [`private key  ${out}`, `algorithm    ${alg}`, `keyid        ${keyid}`, `public key   ${publicKey}`],
    { file: out, alg, keyid, publicKey },
  );
  terminal.hint(
    `Keep ${out} secret and back it up: nobody can restore it. Next, register it with the service:`,
    '  cunzheng signer create --name "Your name"',
    `  cunzheng signer add-key SIGNER_ID --key ${out}`,
  );
}

/** Readable by its owner alone (unless the file system knows no owners), and on the disk when this returns. */
function writePrivateKey(path: string, pem: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, pem);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CliError('file', `${path} exists already: choose another --out, a key is never overwritten`);
    }
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' ? dirname(path) : path;
    throw new CliError('file', describeFileError(missing, error), { cause: error });
  }
}

function formatPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
