/**
 * `cunzheng notarize`: fingerprints files here, sends the fingerprints alone, and keeps the receipts beside the files.
 * Everything that can be refused is refused before anything is sent.
 */
import { basename, dirname, join } from 'node:path';
import { FINGERPRINT_ALGORITHMS, type Fingerprint, type FingerprintAlgorithm } from '@cunzheng/receipt';
import { InvalidArgumentError, type Command } from 'commander';
import { notarizeFolders } from '../bulk/notarize-folders.js';
import { CliError } from '../cli-error.js';
import { fingerprintFile } from '../fingerprint/fingerprint-file.js';
import { progressMode } from '../fingerprint/progress.js';
import { loadSigningKey } from '../keys/signing-key.js';
import { addServiceOptions, openService } from '../service/open-service.js';
import { type ServiceClient } from '../service/service-client.js';
import { collect } from '../repeatable.js';
import { chainsFor, readCertificates } from '../signers/certificate-file.js';
import { openTerminal, type Terminal } from '../terminal.js';
import { assertNoFile, writeNewFile } from '../new-file.js';
import { type NotarizeOptions, type Run } from './notarize-run.js';
import { formatSignedRequest, readServiceName, type Description, type Signing } from './signed-statement.js';
import { submitEvidence } from './submit-evidence.js';
import { DEFAULT_WAIT_SECONDS, parseWait } from './wait.js';

/** A file that was accepted; without `receipt` its receipt is not ready yet. */
interface Notarized {
  readonly file: string;
  readonly id: string;
  readonly receipt?: string;
  readonly sizeBytes: number;
  readonly fingerprints: readonly Fingerprint[];
}

const DEFAULT_ALGORITHMS = ['sha-256', 'sm3'] as const;

export function addNotarizeCommand(program: Command): void {
  const command = program
    .command('notarize')
    .description('notarize files: only their fingerprints leave this machine')
    .argument('<file...>', 'the files; with --recursive folders')
    .option(
      '--algorithm <name>',
      `fingerprint algorithm, repeatable: ${FINGERPRINT_ALGORITHMS.join(', ')} (default: ${DEFAULT_ALGORITHMS.join(' and ')})`,
      collectAlgorithm,
    )
    .option('--title <text>', 'a title, shown only to those whom you show the receipt')
    .option(
      '--client-ref <text>',
      'your own reference; with several files a prefix for /FILE_NAME, with --recursive for /DIGEST',
    )
    .option('--key <file>', 'sign a statement with this private key; repeatable', collect)
    .option(
      '--certificates <file>',
      'certificates (PEM) for the keys, with those above them; repeatable. Not needed for registered ones',
      collect,
    )
    .option('--organization <id>', 'your organization, as the operator registered it; goes with --key')
    .option(
      '--wait <seconds>',
      'how long to wait for each receipt, 0 to 3600',
      parseWait,
      DEFAULT_WAIT_SECONDS,
    )
    .option('--out <dir>', 'folder for the receipts (default: beside each file)')
    .option('--recursive', 'folders: every file below them that has no receipt yet, many at a time')
    .option('--progress', 'show progress at once, without a terminal too');
  addServiceOptions(command).action(notarize);
}

function collectAlgorithm(
  value: string,
  previous: readonly FingerprintAlgorithm[] = [],
): readonly FingerprintAlgorithm[] {
  const algorithm = FINGERPRINT_ALGORITHMS.find((name) => name === value);
  if (algorithm === undefined)
    throw new InvalidArgumentError(`want one of ${FINGERPRINT_ALGORITHMS.join(', ')}`);
  return previous.includes(algorithm) ? previous : [...previous, algorithm];
}

async function notarize(files: readonly string[], options: NotarizeOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const receipts = options.recursive ? undefined : receiptPaths(files, options.out);
  const service = openService(options, terminal);
  const run: Run = {
    options,
    several: files.length > 1,
    algorithms: options.algorithm ?? DEFAULT_ALGORITHMS,
    service,
    progress: progressMode({ ...options, json: terminal.json }),
    signing: await openSigning(options, service, terminal),
  };
  if (!receipts) {
    await notarizeFolders(files, run, terminal);
    return;
  }
  const done: Notarized[] = [];
  try {
    for (const [file, receipt] of receipts) done.push(await notarizeFile(file, receipt, run));
  } finally {
    // What was accepted before a failure was accepted: its receipts are there.
    if (done.length > 0) terminal.result(done.flatMap(describe), { results: done });
  }
  const pending = done.filter(({ receipt }) => receipt === undefined);
  if (pending.length > 0 && options.wait > 0) throw receiptsPending(pending);
}

/** Where each file's receipt goes. @throws CliError when two would share a place or one is taken. */
function receiptPaths(files: readonly string[], out: string | undefined): ReadonlyMap<string, string> {
  const paths = new Map(
    files.map((file) => [file, join(out ?? dirname(file), `${basename(file)}.receipt.json`)]),
  );
  if (new Set(paths.values()).size !== files.length) {
    throw new CliError(
      'usage',
      'two files would share one receipt file: notarize them in separate runs, each with its own --out',
    );
  }
  for (const path of paths.values()) assertNoFile(path);
  return paths;
}

async function openSigning(
  options: NotarizeOptions,
  service: ServiceClient,
  terminal: Terminal,
): Promise<Signing | undefined> {
  const { key: files, organization, certificates: chains } = options;
  if (files === undefined) {
    if (chains !== undefined) throw new CliError('usage', '--certificates goes with --key');
    if (organization === undefined) return undefined;
    throw new CliError(
      'usage',
      '--organization goes with --key: leave it out, the API key names the organization',
    );
  }
  if (organization === undefined) {
    throw new CliError(
      'usage',
      'a statement names the organization it is meant for: give --organization ID with --key',
    );
  }
  const keys = files.map((file) => loadSigningKey(file, terminal));
  const certificates = chains?.flatMap(readCertificates);
  return {
    keys,
    organization,
    service: await readServiceName(service),
    certificates:
      certificates &&
      chainsFor(
        keys.map(({ keyid }) => keyid),
        certificates,
      ),
  };
}

async function notarizeFile(file: string, receiptPath: string, run: Run): Promise<Notarized> {
  const { sizeBytes, fingerprints } = await fingerprintFile(file, run.algorithms, run.progress);
  const description = { fingerprints, sizeBytes, ...describeFile(file, run) };
  const body = run.signing ? formatSignedRequest(description, run.signing) : description;
  const { id, receipt } = await submitEvidence(run.service, body, fingerprints, run.options.wait);
  if (receipt === undefined) return { file, id, sizeBytes, fingerprints };
  writeNewFile(receiptPath, receipt);
  return { file, id, receipt: receiptPath, sizeBytes, fingerprints };
}

function describeFile(file: string, { options: { title, clientRef }, several }: Run): Description {
  return {
    ...(title === undefined ? {} : { title }),
    ...(clientRef === undefined ? {} : { clientRef: several ? `${clientRef}/${basename(file)}` : clientRef }),
  };
}

function describe({ file, id, receipt, fingerprints }: Notarized): string[] {
  return [
    file,
    `  record   ${id}`,
    ...fingerprints.map(({ algorithm, digest }) => `  ${algorithm.padEnd(8)} ${digest}`),
    `  receipt  ${receipt ?? 'not ready yet'}`,
  ];
}

function receiptsPending(pending: readonly Notarized[]): CliError {
  const [{ id }] = pending as [Notarized];
  const count = pending.length === 1 ? 'the receipt is' : `${pending.length} receipts are`;
  return new CliError(
    'receipt-pending',
    `accepted, but ${count} not ready yet: fetch each later with cunzheng receipt ID, such as ${id}`,
  );
}
