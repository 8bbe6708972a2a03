/**
 * `cunzheng package`: an evidence package for a court. Asked of the service for a list of evidence, or one that is there
 * already; documents go in only where their bytes match the list, and never leave this computer.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Schema } from '@cunzheng/client';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { addDocuments, openPackage, PackageError, PACKAGE_LIMITS } from '@cunzheng/evidence-package';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { assertNoFile, writeNewFile } from '../new-file.js';
import { describeFileError } from '../file-error.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { openTerminal, type Terminal } from '../terminal.js';

/** With documents in it. */
export const MAX_PACKAGE_BYTES = 4_000_000_000;
/** Certificates take their time. */
const TIMEOUT_MS = 300_000;

interface PackageOptions extends ServiceOptions {
  readonly list?: string;
  readonly with?: readonly string[];
  readonly out: string;
}

const AFTER_HELP = `
LIST is a JSON file: {"title": "…", "items": [{"evidence": "<record id>", "name": "…", "source": "…", "purpose": "…"}]}.
Without --list the package that is named is taken, and documents are added to it.
Verify the result with: cunzheng verify PACKAGE --trust DIR`;

export function addPackageCommand(program: Command): void {
  const command = program
    .command('package')
    .description('put receipts for a list of evidence, and the documents, into one file for a court')
    .argument('[package]', 'a package to add documents to')
    .option('--list <file>', 'ask the service for a package of this list')
    .option('--with <file...>', 'documents to put in; each must be in the list')
    .requiredOption('--out <file>', 'where the package goes, such as case.asice')
    .addHelpText('after', AFTER_HELP);
  addServiceOptions(command).action(makePackage);
}

async function makePackage(
  given: string | undefined,
  options: PackageOptions,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  if ((given === undefined) === (options.list === undefined))
    throw new CliError('usage', 'give either a package or --list, not both');
  assertNoFile(options.out);
  const container =
    given === undefined ? await requestPackage(options, terminal) : readBounded(given, MAX_PACKAGE_BYTES);
  const documents = (options.with ?? []).map((path) => ({
    name: basename(path),
    bytes: readBounded(path, PACKAGE_LIMITS.documentBytes),
  }));
  const result = refuseBad(() => addDocuments(nativeCrypto, container, documents));
  writeNewFile(options.out, result);
  const { items } = refuseBad(() => openPackage(nativeCrypto, result));
  terminal.result(
    [
      options.out,
      ...items.map(
        ({ number, name, document }) =>
          `${number}  ${name}  ${document?.path ?? '(document not in the package)'}`,
      ),
    ],
    {
      package: options.out,
      items: items.map(({ number, name, document }) => ({ number, name, document: document?.path })),
    },
  );
}

async function requestPackage(options: PackageOptions, terminal: Terminal): Promise<Uint8Array> {
  const body = parseList(options.list ?? '');
  const service = openService(options, terminal);
  const { data } = await service.api(TIMEOUT_MS).POST('/v1/packages', { body, parseAs: 'arrayBuffer' });
  return new Uint8Array(data ?? new ArrayBuffer());
}

/** The list as it stands in the file; whether it is one, the service says. */
function parseList(path: string): Schema<'PackageRequest'> {
  const text = readBounded(path, 1_000_000);
  try {
    return JSON.parse(Buffer.from(text).toString('utf8')) as Schema<'PackageRequest'>;
  } catch (cause) {
    throw new CliError('file', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** The bytes of a package file. @throws CliError `file`. */
export function readBounded(path: string, maxBytes: number): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > maxBytes)
      throw new CliError('file', `${path} has ${size} bytes, more than the ${maxBytes} that fit`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

function refuseBad<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof PackageError)) throw cause;
    throw new CliError('file', `${cause.message} (${cause.code})`, { cause });
  }
}
