/**
 * Where bulk work stands, in a small JSON file that is replaced atomically and removed when all is done. It names the
 * service, because ids and cursors mean nothing to another one.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFileDurably } from '@cunzheng/ledger/node';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';

const FORMAT = 'cunzheng/bulk@v1';

/** The texts of a state that was saved; undefined when there is none. @throws CliError `file`. */
export function readState(path: string, url: string): Readonly<Record<string, string>> | undefined {
  if (!existsSync(path)) return undefined;
  const state = parseState(path);
  if (state['format'] !== FORMAT) throw new CliError('file', `${path} holds no state of a bulk command`);
  if (state['url'] === url) return state;
  throw new CliError(
    'file',
    `${path} is about ${state['url'] ?? 'nothing'}, not ${url}: move it away to begin anew`,
  );
}

/** Durable when it returns. */
export async function saveState(
  path: string,
  url: string,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await writeFileDurably(
      path,
      Buffer.from(`${JSON.stringify({ format: FORMAT, url, ...texts }, null, 2)}\n`),
    );
  } catch (error) {
    throw new CliError('file', describeFileError(path, (error as Error).cause ?? error), { cause: error });
  }
}

export function removeState(path: string): void {
  rmSync(path, { force: true });
}

function parseState(path: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isFlat = typeof value === 'object' && value !== null;
    const texts = isFlat && Object.values(value).every((text) => typeof text === 'string');
    return texts ? (value as Record<string, string>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
