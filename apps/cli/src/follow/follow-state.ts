/**
 * What a follower remembers between runs, in one small JSON file that is replaced atomically: the newest checkpoint that
 * was proven to follow from all before it, and when the log last gave a good answer. A kill at any moment leaves this
 * file or the one before it.
 */
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@cunzheng/ledger/node';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { type ProvenEvent } from './log-events.js';

const FORMAT = 'cunzheng/follow@v1';
const MAX_STATE_LENGTH = 2_000_000;

export interface FollowState {
  readonly origin: string;
  /** When following began, milliseconds since the epoch, as all times here. */
  readonly sinceMs: number;
  /** When the log last gave a checkpoint that holds. */
  readonly verifiedMs?: number;
  /** When the tree was last seen to grow. */
  readonly grownMs?: number;
  /** The newest checkpoint, a signed note. */
  readonly note?: string;
  /** The leaf up to which events are known; 0 if absent. */
  readonly eventsTo?: number;
  /** The log's last event, once it is closed. */
  readonly close?: ProvenEvent;
}

/** Undefined when there is none yet. @throws CliError `file`. */
export async function loadState(path: string, origin: string): Promise<FollowState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
  const state = parseState(text);
  if (state === undefined) throw new CliError('file', `${path} is no state of cunzheng follow`);
  if (state.origin !== origin) {
    throw new CliError(
      'file',
      `${path} is of the log ${state.origin}, not of ${origin}: use one for each log`,
    );
  }
  return state;
}

/** Durable when it returns. @throws LedgerError `io-fatal`. */
export async function saveState(path: string, state: FollowState): Promise<void> {
  await writeFileDurably(path, Buffer.from(`${JSON.stringify({ format: FORMAT, ...state }, null, 2)}\n`));
}

function parseState(text: string): FollowState | undefined {
  try {
    const value = text.length > MAX_STATE_LENGTH ? null : (JSON.parse(text) as unknown);
    const state = value as ({ readonly format: string } & FollowState) | null;
    if (state?.format !== FORMAT || typeof state.origin !== 'string') return undefined;
    const times = [state.sinceMs, state.verifiedMs ?? 0, state.grownMs ?? 0];
    const isWhole = times.every(Number.isSafeInteger) && typeof (state.note ?? '') === 'string';
    const { origin, sinceMs, verifiedMs, grownMs, note, eventsTo, close } = state;
    const isRead = Number.isSafeInteger(eventsTo ?? 0) && (close === undefined || isProvenEvent(close));
    if (!isWhole || !isRead) return undefined;
    return {
      origin,
      sinceMs,
      ...(verifiedMs === undefined ? {} : { verifiedMs }),
      ...(grownMs === undefined ? {} : { grownMs }),
      ...(note === undefined ? {} : { note }),
      ...(eventsTo === undefined ? {} : { eventsTo }),
      ...(close === undefined ? {} : { close }),
    };
  } catch {
    return undefined;
  }
}

function isProvenEvent({ leafIndex, body, treeSize, inclusion }: ProvenEvent): boolean {
  const isNumbered = [leafIndex, treeSize].every(Number.isSafeInteger);
  return isNumbered && typeof body === 'string' && Array.isArray(inclusion);
}
