/**
 * Which service a command talks to, and with which API key. A key is never an argument: others on the machine can see
 * those. It comes from the environment or a file.
 */
import { readFileSync } from 'node:fs';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { type Terminal } from '../terminal.js';
import { ServiceClient } from './service-client.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export interface ServiceOptions {
  readonly url?: string;
  readonly apiKeyFile?: string;
}

/** Gives a command the options that {@link openService} reads. */
export function addServiceOptions(command: Command): Command {
  return command
    .option('--url <url>', `the service (default: CUNZHENG_URL, else ${DEFAULT_URL})`)
    .option('--api-key-file <file>', 'file that holds the API key (default: CUNZHENG_API_KEY)');
}

/** @throws CliError `usage` | `file` when address or key cannot be used. */
export function openService(options: ServiceOptions, terminal: Terminal): ServiceClient {
  const url = parseServiceUrl(options.url ?? (process.env['CUNZHENG_URL'] || DEFAULT_URL));
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    terminal.hint(
      `Warning: ${url.origin} is not encrypted, others can read the API key on its way; use https`,
    );
  }
  return new ServiceClient(url.href.replace(/\/+$/, ''), readApiKey(options.apiKeyFile));
}

function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (url && isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new CliError(
    'usage',
    `${text} is no address of a service: give --url as https://HOST or http://HOST:PORT`,
  );
}

function readApiKey(file: string | undefined): string {
  const key = (file === undefined ? process.env['CUNZHENG_API_KEY'] : readKeyFile(file))?.trim() ?? '';
  if (/^[!-~]{1,256}$/.test(key)) return key;
  const where = file ?? 'CUNZHENG_API_KEY';
  throw new CliError(
    'usage',
    `${where} holds no API key: set CUNZHENG_API_KEY or give --api-key-file (the operator makes one with ` +
      'cunzheng admin api-key create ORGANIZATION)',
  );
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, 4_096);
  } catch (error) {
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
