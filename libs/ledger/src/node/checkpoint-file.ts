/**
 * The published checkpoint, a C2SP signed note (tlog-checkpoint), as far as the ledger's files are concerned: for which
 * tree it speaks. Signatures are neither made nor verified here; only the worker writes this file, and verifiers check.
 *
 *     <origin> LF <tree size, decimal> LF <root hash, base64> LF  LF  — <name> <signature, base64> LF …
 */
import { readFile } from 'node:fs/promises';
import { HASH_SIZE } from '@cunzheng/merkle';
import { LedgerError } from '../ledger-error.js';
import { layout } from './layout.js';

/** No checkpoint with its signatures is larger, in bytes. */
export const MAX_CHECKPOINT_SIZE = 1_048_576;

export interface TreeHead {
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
}

const NOTE = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n\n(?:— [^ \n]+ [A-Za-z0-9+/]+={0,2}\n)+$/;

/** The tree head that a note of `origin` speaks for. Throws `checkpoint-refused` for anything else. */
export function parseCheckpointNote(note: Uint8Array, origin: string): TreeHead {
  if (note.length > MAX_CHECKPOINT_SIZE) {
    throw refused(`it is ${note.length} bytes, want at most ${MAX_CHECKPOINT_SIZE}`);
  }
  const [, name, size, root] = NOTE.exec(Buffer.from(note).toString('utf8')) ?? [];
  if (name === undefined || root === undefined) throw refused('it is no signed note of three lines');
  if (name !== origin) throw refused(`it is of ${JSON.stringify(name)}, want ${origin}`);
  const treeSize = Number(size);
  if (!Number.isSafeInteger(treeSize)) throw refused('its tree size is above 2^53−1');
  const rootHash = Buffer.from(root, 'base64');
  if (rootHash.length !== HASH_SIZE || rootHash.toString('base64') !== root)
    throw refused('its root hash is not canonical base64');
  return { treeSize, rootHash };
}

/** The published note, or null if there is none. */
export async function readCheckpointFile(dir: string): Promise<Buffer | null> {
  try {
    return await readFile(layout.checkpoint(dir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The published tree head, or null. Throws `ledger-damaged` when the file is no checkpoint of this log. */
export async function readPublishedHead(dir: string, origin: string): Promise<TreeHead | null> {
  const note = await readCheckpointFile(dir);
  if (note === null) return null;
  try {
    return parseCheckpointNote(note, origin);
  } catch (cause) {
    const file = layout.checkpoint(dir);
    const wayOut = 'put the newest checkpoint from the database or a backup in its place';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('ledger-damaged', `${file}: ${reason}; ${wayOut}`, { cause, place: { file } });
  }
}

export function refused(why: string): LedgerError {
  return new LedgerError('checkpoint-refused', `checkpoint refused: ${why}`);
}
