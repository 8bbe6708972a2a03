/**
 * The outbox of log entries: whoever changes something that belongs into the log (an event, type 02, or the head of the
 * audit trail, type 03) queues the entry in the same transaction, and the sequencer puts it into the next block. What is
 * queued is in the log exactly once, what is rolled back never.
 */
import { type ClientBase } from 'pg';
import { EntryType, parseKnownEvent } from '@cunzheng/ledger';
import { PersistenceError } from '../persistence-error.js';

/** No more entries, and no more bytes of bodies, go into one block: a block is read and sent as a whole. */
const MAX_ENTRIES = 1_000;
const MAX_BODY_BYTES = 16_777_216;

export interface QueuedLogEntry {
  /** `log.id`, the log that is to have it. */
  readonly log: number;
  /** 2: a log event, whose body is public. 3: the head of the audit trail, whose body is private and carries a nonce. */
  readonly type: 2 | 3;
  /** At most 1 MiB. Of type 2: J(event) of a kind that this version knows. */
  readonly body: Uint8Array;
}

/**
 * Queues an entry for the log, in the caller's transaction. The sequencer takes it within its sweep interval after the
 * commit, in the order of queueing, before the records of its block.
 *
 * @throws PersistenceError `log-entry-refused` for a body that is no event of that log of a known kind, or a log that
 *   takes no entries; nothing was queued then.
 */
export async function queueLogEntry(
  client: Pick<ClientBase, 'query'>,
  { log, type, body }: QueuedLogEntry,
): Promise<void> {
  // A body that cannot become an entry would stop the sequencer, and all evidence with it: it is found here.
  const origin = type === EntryType.event ? readOrigin(body) : null;
  const { rowCount } = await client.query(
    `INSERT INTO log_entry (log, type, body)
     SELECT id, $2, $3 FROM log WHERE id = $1 AND closed_at IS NULL AND last_size IS NULL AND origin = coalesce($4, origin)`,
    [log, type, body, origin],
  );
  if (rowCount !== 1)
    throw refused(`no open log has id ${log}${origin === null ? '' : ` and origin ${origin}`}`);
}

/**
 * Queues a `revocation` or `erasure` event as the API's role, which can queue nothing else: the database checks the form.
 *
 * @throws PersistenceError `log-entry-refused` as {@link queueLogEntry}; nothing was queued then.
 */
export async function queueApiEvent(
  client: Pick<ClientBase, 'query'>,
  { log, body }: Pick<QueuedLogEntry, 'log' | 'body'>,
): Promise<void> {
  const origin = readOrigin(body);
  const { rows } = await client.query<{ queued: boolean }>('SELECT queue_api_event($1, $2) AS queued', [
    log,
    body,
  ]);
  if (rows[0]?.queued !== true) throw refused(`no open log has id ${log} and origin ${origin}`);
}

function readOrigin(body: Uint8Array): string {
  try {
    const event = parseKnownEvent(body);
    if (event) return event.log;
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  throw refused('this version does not write events of that kind');
}

function refused(why: string, options?: ErrorOptions): PersistenceError {
  return new PersistenceError('log-entry-refused', `log entry refused: ${why}`, options);
}

export interface PendingLogEntry {
  readonly id: string;
  readonly type: 2 | 3;
  readonly body: Buffer;
}

/** What the next block takes of the outbox: in order, one at least if any waits, 1,000 and 16 MiB at most. */
export async function readPendingLogEntries(
  client: ClientBase,
  log: number,
  { maxEntries = MAX_ENTRIES, maxBodyBytes = MAX_BODY_BYTES } = {},
): Promise<PendingLogEntry[]> {
  const { rows } = await client.query<PendingLogEntry>({
    name: 'read-pending-log-entries',
    text: `SELECT id, type, body FROM (
             SELECT id, type, body, sum(octet_length(body)) OVER (ORDER BY id) AS bytes
             FROM log_entry WHERE height IS NULL AND log = $1
           ) waiting WHERE bytes <= $2 ORDER BY id LIMIT $3`,
    values: [log, maxBodyBytes, maxEntries],
  });
  return rows;
}
