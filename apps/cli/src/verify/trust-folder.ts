/**
 * The verifier's trust, from a folder of theirs and single files that replace parts of it. Where it lies: `--trust`, else
 * `CUNZHENG_TRUST_DIR`, else `~/.config/cunzheng/trust`.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  ReceiptError,
  type Trust,
  type TrustFiles,
} from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';

const MAX_TRUST_FILE_BYTES = 10_000_000;

export interface TrustOptions {
  readonly trust?: string;
  readonly policy?: string;
  readonly tsaRoots?: string;
  readonly signerRoots?: string;
}

export interface LoadedTrust {
  readonly trust: Trust;
  /** The folder or policy file, for people. */
  readonly source: string;
}

/** @throws CliError `trust-missing` when there is none, `trust-invalid` when it cannot be used. */
export function loadTrust(options: TrustOptions): LoadedTrust {
  const files =
    options.policy !== undefined && options.trust === undefined
      ? singleFiles(options.policy)
      : folderFiles(options);
  const trustFiles = { ...files.files, ...replacements(options) };
  try {
    return { trust: parseTrust(nativeCrypto, trustFiles), source: files.source };
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new CliError(
      'trust-invalid',
      `the trust in ${files.source} cannot be used: ${cause.message} (${cause.code})`,
      { cause },
    );
  }
}

interface FoundFiles {
  readonly source: string;
  readonly files: TrustFiles;
}

function singleFiles(policyPath: string): FoundFiles {
  const policy = readGiven(policyPath);
  try {
    const { 'trust.json': trustJson } = formatTrustFolder({ policy: parsePolicy(nativeCrypto, policy) });
    return { source: policyPath, files: { policy, 'trust.json': trustJson } };
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new CliError(
      'trust-invalid',
      `the policy ${policyPath} cannot be used: ${cause.message} (${cause.code})`,
      { cause },
    );
  }
}

function folderFiles(options: TrustOptions): FoundFiles {
  const folder =
    options.trust ?? (process.env['CUNZHENG_TRUST_DIR'] || join(homedir(), '.config', 'cunzheng', 'trust'));
  const read = (name: string): string | undefined => readIfThere(join(folder, name));
  const policy = options.policy === undefined ? read('policy') : readGiven(options.policy);
  const trustJson = read('trust.json');
  if (policy === undefined || trustJson === undefined)
    throw trustMissing(folder, policy === undefined ? 'policy' : 'trust.json');
  return { source: folder, files: { policy, 'trust.json': trustJson, ...rootsOf(read) } };
}

/** An empty file of roots stands for none, as a new trust folder has them. */
function rootsOf(
  read: (name: string) => string | undefined,
): Pick<TrustFiles, 'tsa-roots.pem' | 'signer-roots.pem'> {
  const tsaRoots = read('tsa-roots.pem')?.trim() ?? '';
  const signerRoots = read('signer-roots.pem')?.trim() ?? '';
  return {
    ...(tsaRoots === '' ? {} : { 'tsa-roots.pem': tsaRoots }),
    ...(signerRoots === '' ? {} : { 'signer-roots.pem': signerRoots }),
  };
}

function replacements({ tsaRoots, signerRoots }: TrustOptions): Partial<TrustFiles> {
  return {
    ...(tsaRoots === undefined ? {} : { 'tsa-roots.pem': readGiven(tsaRoots) }),
    ...(signerRoots === undefined ? {} : { 'signer-roots.pem': readGiven(signerRoots) }),
  };
}

function trustMissing(folder: string, name: string): CliError {
  return new CliError(
    'trust-missing',
    `no trust: ${join(folder, name)} does not exist; get the trust folder of the log from its operator (theirs lies in ` +
      'DATA_DIR/trust) in a way you trust, not from whoever sent the receipt, then give --trust DIR or set CUNZHENG_TRUST_DIR',
  );
}

function readGiven(path: string): string {
  const text = readIfThere(path);
  if (text === undefined) throw new CliError('file', `${path} does not exist`);
  return text;
}

function readIfThere(path: string): string | undefined {
  try {
    if (statSync(path).size > MAX_TRUST_FILE_BYTES)
      throw new CliError('trust-invalid', `${path} is too large`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
