/**
 * `cunzheng witness`: be a witness. From the options to a listening server, and back to an orderly end. One process at a
 * time works on a state folder; whoever loses its lock stops at once.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { LedgerError } from '@cunzheng/ledger';
import { DirectoryLock, makeDirectory } from '@cunzheng/ledger/node';
import { parseVerifierKey, ReceiptError, type VerifierKey } from '@cunzheng/receipt';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { collect } from '../repeatable.js';
import { openTerminal, type Terminal } from '../terminal.js';
import { logFolderName, LogState } from './log-state.js';
import { Witness, WitnessedLog, type WitnessEvent, type WitnessParts } from './witness.js';
import {
  createWitnessKey,
  loadWitnessKey,
  WITNESS_ALGORITHMS,
  type WitnessAlgorithm,
  type WitnessKey,
} from './witness-key.js';
import { createWitnessServer } from './witness-server.js';

interface WitnessOptions {
  readonly log: readonly string[];
  readonly state: string;
  readonly name: string;
  readonly key?: string;
  readonly alg?: WitnessAlgorithm;
  readonly host: string;
  readonly port: number;
}

/** How long requests under way may take when the process is asked to end. */
const DRAIN_MS = 5_000;

const AFTER_HELP = `
Prints the witness's verifier key (vkey), for the policies of those who trust it, then answers POST /add-checkpoint (C2SP
tlog-witness) until it is stopped. Put a proxy with TLS before it.

The state folder is what keeps the witness from contradicting itself: back it up with the key, and never run the key
with an older copy of it. Key files are PKCS#8: openssl genpkey -algorithm ed25519 makes one too.`;

export function addWitnessCommand(program: Command): void {
  program
    .command('witness')
    .description('be a witness: cosign the checkpoints of logs that only ever grow')
    .requiredOption('--log <vkey>', "a log's verifier key; repeatable, also for one log", collect)
    .requiredOption('--state <dir>', 'what was cosigned, made on the first start')
    .requiredOption('--name <name>', "the witness's name in its verifier key, such as court.example/w1")
    .option('--key <file>', 'private key, made on the first start (default: key.pem in the state folder)')
    .addOption(
      new Option('--alg <name>', 'algorithm of a new key (default: ed25519)').choices(WITNESS_ALGORITHMS),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 3100)
    .addHelpText('after', AFTER_HELP)
    .action(runWitness);
}

async function runWitness(options: WitnessOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const logKeys = groupByOrigin(options.log.map(parseLogKey));
  const failure = new AbortController();
  const fail = (error: unknown): void => {
    failure.abort(error);
  };
  const lock = await acquireLock(options.state, fail);
  try {
    const key = await openKey(options, terminal);
    const parts = {
      key,
      assertHeld: () => lock.assertHeld(),
      nowMs: () => Date.now(),
      tell: tellTo(terminal),
    };
    const witness = await openWitness(options.state, logKeys, parts);
    const server = createWitnessServer((request) => witness.addCheckpoint(request), fail);
    const url = await listen(server, options);
    announce(terminal, key, [...logKeys.keys()], url);
    try {
      await stopSignal(failure.signal);
    } finally {
      await drain(server);
    }
  } catch (error) {
    throw toCliError(error);
  } finally {
    await lock.release();
  }
}

async function openWitness(
  stateFolder: string,
  logKeys: ReadonlyMap<string, readonly VerifierKey[]>,
  parts: WitnessParts,
): Promise<Witness> {
  const logs: WitnessedLog[] = [];
  for (const [origin, keys] of logKeys) {
    const originHash = nativeCrypto.digest('sha-256').hash(Buffer.from(origin));
    const state = await LogState.open(join(stateFolder, logFolderName(origin, originHash)), origin);
    logs.push(new WitnessedLog(origin, keys, state, parts));
  }
  return new Witness(logs);
}

/** A key without a memory, or a memory without its key, is where a witness could contradict itself: say so. */
async function openKey({ state, name, key, alg }: WitnessOptions, terminal: Terminal): Promise<WitnessKey> {
  const path = key ?? join(state, 'key.pem');
  const entries = await readdir(state, { withFileTypes: true });
  const hasCosigned = entries.some((entry) => entry.isDirectory());
  if (!existsSync(path)) {
    if (hasCosigned) {
      throw new CliError(
        'key',
        `${path} does not exist, but ${state} has cosigned: put the key back, or begin with another --state`,
      );
    }
    await createWitnessKey(resolve(path), alg ?? 'ed25519');
  } else if (!hasCosigned) {
    terminal.hint(
      `Warning: ${state} remembers nothing; if this key has cosigned before, stop and put its state back`,
    );
  }
  return loadWitnessKey(path, name, alg, terminal);
}

async function acquireLock(folder: string, onLost: (error: LedgerError) => void): Promise<DirectoryLock> {
  try {
    await makeDirectory(resolve(folder));
    return await DirectoryLock.acquire(join(folder, 'lock'), { onLost });
  } catch (error) {
    throw toCliError(error, folder);
  }
}

async function listen(server: Server, { host, port }: WitnessOptions): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new CliError('usage', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause });
  }
  const { address, family, port: bound } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`;
}

function announce(terminal: Terminal, { verifierKey }: WitnessKey, logs: string[], url: string): void {
  const { vkey } = verifierKey;
  terminal.result([`vkey  ${vkey}`, ...logs.map((origin) => `log   ${origin}`), `url   ${url}`], {
    vkey,
    logs,
    url,
  });
}

function tellTo(terminal: Terminal): (event: WitnessEvent) => void {
  return (event) => {
    const { origin } = event;
    if (event.event === 'cosigned') terminal.hint(`cosigned ${origin} at size ${event.treeSize}`);
    else if (event.event === 'unproven') terminal.hint(`refused ${origin}: ${event.reason}`);
    else terminal.result([`FORK of ${origin}: ${event.reason}; both notes are in ${event.file}`], event);
  };
}

/** Resolves on SIGINT or SIGTERM; rejects with what must end the witness. */
async function stopSignal(failure: AbortSignal): Promise<void> {
  failure.throwIfAborted();
  const fails = new Promise<never>((_, reject) => {
    failure.addEventListener('abort', () => {
      reject(failure.reason as Error);
    });
  });
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), fails]);
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, DRAIN_MS);
  await closed;
  clearTimeout(timer);
}

function parseLogKey(vkey: string): VerifierKey {
  try {
    const key = parseVerifierKey(nativeCrypto, vkey);
    if (key.type !== 'cosignature/v1') return key;
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new CliError('usage', `--log is no verifier key: ${cause.message}`, { cause });
  }
  throw new CliError(
    'usage',
    "--log is the verifier key of a witness: want a log's, see verifierKeys in log.v1.json",
  );
}

function groupByOrigin(keys: readonly VerifierKey[]): ReadonlyMap<string, readonly VerifierKey[]> {
  const byOrigin = new Map<string, VerifierKey[]>();
  for (const key of keys) byOrigin.set(key.name, [...(byOrigin.get(key.name) ?? []), key]);
  return byOrigin;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('want a port, 0 to 65535');
}

function toCliError(error: unknown, folder?: string): unknown {
  if (error instanceof LedgerError) {
    const message =
      error.code === 'ledger-locked'
        ? `another process works on this state: ${error.message}`
        : error.message;
    return new CliError(error.code === 'ledger-locked' ? 'file' : 'interrupted', message, { cause: error });
  }
  const isFileError = typeof (error as NodeJS.ErrnoException | null)?.code === 'string';
  return folder !== undefined && isFileError
    ? new CliError('file', describeFileError(folder, error), { cause: error })
    : error;
}
