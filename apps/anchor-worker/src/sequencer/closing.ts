/**
 * Closing a log, the sequencer's part. First the switch: the key of the next log is on disk, then one transaction opens
 * that log and turns the intake to it. Then this log drains like any other day. When nothing waits any more, the `close`
 * event makes the last block, alone, and the database takes neither entry nor block after it. A crash at any point leaves
 * a state that the next start goes on from.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatCloseEvent, formatTime, parseOrigin } from '@cunzheng/ledger';
import { logDirectory } from '@cunzheng/ledger/node';
import { inTransaction, listLogStates, LogNotDrainedError, switchLogs } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { findNextLog, hasOpened, listUnknownLogs, prepareNextLog } from '../log-key/log-identity.js';
import { anchorContents, type AnchorContext } from './anchor.js';
import { HistoryConflictError } from './history-conflict.js';

/** The block of the event: the event itself and the block's header. */
const ENTRIES_OF_CLOSE = 2;

export interface Closing {
  /** Origin of the log that takes the records. */
  readonly next: string;
  /** Whether it has begun to just now. */
  readonly hasSwitched: boolean;
}

/**
 * Turns the intake to the next log if the operator has asked for it. Undefined for a log that goes on.
 *
 * @throws Error when the next log cannot be opened here; nothing has changed then.
 */
export async function switchIfAsked(
  { client, log }: AnchorContext,
  { KEYS_DIR, LEDGER_DIR }: Pick<Settings, 'KEYS_DIR' | 'LEDGER_DIR'>,
): Promise<Closing | undefined> {
  const state = (await listLogStates(client)).find(({ id }) => id === log.id);
  const next = state?.nextOrigin;
  if (state === undefined || next === undefined) return undefined;
  if (state.isClosing) return { next, hasSwitched: false };
  const { name, host } = parseOrigin(next);
  if (host !== parseOrigin(log.origin).host)
    throw new Error(`${next} has another host than ${log.origin}: statements name the host as their service`);
  const directory = logDirectory(LEDGER_DIR, name);
  const isKnown = hasOpened(KEYS_DIR, name);
  if (existsSync(directory) !== isKnown)
    throw new Error(
      `${directory} and the key of ${next} do not belong together: one is there without the other`,
    );
  // Opened before an older database was restored: it is taken up again, and recovery decides whether it may be.
  const opened = isKnown ? findNextLog(KEYS_DIR, next) : prepareNextLog(KEYS_DIR, next);
  await inTransaction(client, () => switchLogs(client, log.id, opened));
  return { next, hasSwitched: true };
}

/** Writes the last block of a log that takes no more records. False if something came in between that is to go before. */
export async function closeLog(context: AnchorContext, next: string): Promise<boolean> {
  const { ledger, log, now } = context;
  if (!ledger.head) throw new Error(`${log.origin} has no block to close after`);
  const lastSize = ledger.head.treeSize + ENTRIES_OF_CLOSE;
  const createdAt = formatTime(Math.max(now(), Date.parse(ledger.head.createdAt)));
  const body = formatCloseEvent({ createdAt, log: log.origin, lastSize, next });
  try {
    await anchorContents(context, { events: [body], lastSize });
    return true;
  } catch (error) {
    if (error instanceof LogNotDrainedError) return false;
    throw error;
  }
}

/**
 * A log that follows this one and that the database does not know: it was restored from before the switch.
 *
 * @throws HistoryConflictError unless the operator has named it as the next one again and its ledger is there.
 */
export async function assertNoneUnknown(
  { client, log }: AnchorContext,
  { KEYS_DIR, LEDGER_DIR }: Pick<Settings, 'KEYS_DIR' | 'LEDGER_DIR'>,
): Promise<void> {
  const states = await listLogStates(client);
  const named = states.map(({ nextOrigin }) => nextOrigin && parseOrigin(nextOrigin).name);
  const { host } = parseOrigin(log.origin);
  for (const name of listUnknownLogs(KEYS_DIR, states)) {
    const known = `KEYS_DIR has the key of the log ${name}, which`;
    if (!existsSync(logDirectory(LEDGER_DIR, name)))
      throw new HistoryConflictError(
        `${known} neither the database nor LEDGER_DIR knows: an older database and an older ledger were restored. Restore ` +
          `newer ones; signing on would make a second history. If there are none, accept that: move ${join(KEYS_DIR, name)} elsewhere`,
      );
    if (!named.includes(name))
      throw new HistoryConflictError(
        `${known} the database does not know: an older database was restored. Restore a newer one, or take that log up ` +
          `again: cunzheng ledger close ${log.origin} --next ${host}/logs/${name} --confirm`,
      );
  }
}
