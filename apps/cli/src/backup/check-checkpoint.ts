/** Whether the restored ledger reaches a published checkpoint that this log signed, at the same root. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { logDirectory, openLedgerWriter } from '@cunzheng/ledger/node';
import { type Trust } from '@cunzheng/receipt';
import { LogFault } from '../audit/log-fault.js';
import { readSignedHead } from '../audit/signed-head.js';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { readBounded } from '../http-answer.js';
import { failed, passed, type Check } from './check.js';

const MAX_NOTE_BYTES = 65_536;
const TIMEOUT_MS = 15_000;

/** `place`: a file or URL; without it the checkpoint in the backup. */
export async function checkCheckpoint(
  directory: string,
  { name, origin }: { readonly name: string; readonly origin: string },
  trust: Trust,
  place?: string,
): Promise<Check> {
  const dir = logDirectory(join(directory, 'ledger'), name);
  const note = await readNote(place ?? join(dir, 'checkpoint'));
  try {
    const { treeSize, rootHash, ...head } = readSignedHead('the checkpoint', note, trust);
    if (head.origin !== origin) return failed('checkpoint', `it is of ${head.origin}, not of ${origin}`);
    const writer = await openLedgerWriter({ dir, origin, crypto: nativeCrypto });
    try {
      const reached = writer.head?.treeSize ?? 0;
      if (reached < treeSize)
        return failed(
          'checkpoint',
          `published is size ${treeSize}, the backup reaches ${reached}: ${treeSize - reached} entries are missing`,
        );
      const isSame = Buffer.compare(await writer.computeRootHash(treeSize), rootHash) === 0;
      if (!isSame)
        return failed('checkpoint', `size ${treeSize} has another root here: this is another history`);
      return passed('checkpoint', `size ${treeSize}, signed by ${origin}, is reached (size ${reached})`);
    } finally {
      await writer.close();
    }
  } catch (error) {
    if (error instanceof LogFault) return failed('checkpoint', error.message);
    throw error;
  }
}

async function readNote(place: string): Promise<string> {
  if (!/^https?:\/\//.test(place)) {
    return await readFile(place, 'utf8').catch((cause: unknown) => {
      throw new CliError('file', describeFileError(place, cause), { cause });
    });
  }
  try {
    const answer = await fetch(place, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const tooLarge = (): Error => new Error(`more than ${MAX_NOTE_BYTES} bytes`);
    const body = await readBounded(answer, MAX_NOTE_BYTES, tooLarge);
    if (answer.ok) return body.toString();
    throw new Error(`status ${answer.status}`);
  } catch (cause) {
    throw new CliError('service-unavailable', `${place} gives no checkpoint: ${(cause as Error).message}`, {
      cause,
    });
  }
}
