/** `cunzheng keygen`: a signer's key pair in a file of its owner's. The private key never leaves this machine. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type SignerAlgorithm } from '@cunzheng/receipt';
import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { describeFileError } from '../file-error.js';
import { toSigningKey } from './signing-key.js';

interface KeygenOptions {
  readonly out: string;
  readonly alg: SignerAlgorithm;
}

const GENERATORS: Readonly<Record<SignerAlgorithm, () => KeyObject>> = {
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  'ecdsa-p256-sha256': () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
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
  const privateKey = GENERATORS[alg]();
  const { keyid, spki } = toSigningKey(privateKey, out);
  writePrivateKey(out, privateKey.export({ type: 'pkcs8', format: 'pem' }));
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
function writePrivateKey(path: string, pem: string | Buffer): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, pem.toString());
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
