/** Anchoring by hand with a crash in it: the sequencer's own steps, stopped between any two of them. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import { readPendingLogEntries, readPendingParcels } from '@cunzheng/persistence';
import { noTracing } from '@cunzheng/telemetry';
import pg from 'pg';
import { anchorContents, type AnchorContext } from '../../apps/anchor-worker/src/sequencer/anchor.js';
import { changeKeysIfAsked } from '../../apps/anchor-worker/src/sequencer/key-change.js';
import { WorkerMetrics } from '../../apps/anchor-worker/src/metrics/worker-metrics.js';
import { establishLog } from '../../apps/anchor-worker/src/log-key/log-identity.js';
import { type TestStack } from './stack.js';

export const CRASH_POINTS = [
  'before 1: nothing prepared',
  'in 1: the transaction is not committed',
  'after 1: prepared, nothing in the ledger',
  'after 2: appended, no tiles',
  'after 3: tiles, no checkpoint signed',
  'in 4: the checkpoint is not committed',
  'after 4: anchored, nothing published',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

class Crash extends Error {}

/** Anchors what waits up to the crash point, then leaves everything as a killed process would. */
export async function anchorAndCrash(stack: TestStack, point: CrashPoint): Promise<void> {
  await crashIn(stack, point, async (context) => {
    const logEntries = await readPendingLogEntries(context.client, context.log.id);
    const parcels = await readPendingParcels(context.client, context.log.id, 4_096);
    await anchorContents(context, { logEntries, parcels });
  });
}

/** Changes the log's keys as the operator has asked, up to the crash point. */
export async function changeKeysAndCrash(stack: TestStack, point: CrashPoint): Promise<void> {
  await crashIn(stack, point, async (context) => {
    await changeKeysIfAsked(context, { LOG_SECOND_SIGNATURE: 'none' });
  });
}

async function crashIn(
  stack: TestStack,
  point: CrashPoint,
  work: (context: AnchorContext) => Promise<void>,
): Promise<void> {
  const settings = stack.settings(stack.database.workerUrl);
  const pool = new pg.Pool({ connectionString: settings.DATABASE_URL, max: 1 });
  const log = await establishLog(pool, settings, () => undefined);
  await pool.end();
  const client = new pg.Client({ connectionString: settings.DATABASE_URL });
  await client.connect();
  const ledger = await openLedgerWriter({
    dir: await stack.logDirectory(),
    origin: log.origin,
    crypto: nativeCrypto,
  });
  const context = {
    client: crashingClient(client, point),
    ledger: crashingLedger(ledger, point),
    log,
    now: Date.now,
    metrics: new WorkerMetrics(false),
    tracing: noTracing,
  };
  await expect(work(context)).rejects.toThrow(Crash);
  // The server undoes what was not committed, as it does when a process dies.
  await client.end();
  await ledger.close();
}

/** Throws in front of a query instead of sending it; of a block's two transactions the second is the anchoring one. */
function crashingClient(client: pg.Client, point: CrashPoint): pg.Client {
  let commits = 0;
  const crashesAt = (text: string): boolean => {
    if (text === 'COMMIT') commits += 1;
    if (point.startsWith('before 1')) return text === 'BEGIN';
    if (point.startsWith('in 1')) return text === 'COMMIT';
    return point.startsWith('in 4') && text === 'COMMIT' && commits === 2;
  };
  const query = (statement: string | { text: string }, ...rest: unknown[]): unknown => {
    const text = typeof statement === 'string' ? statement : statement.text;
    // A dead process sends no ROLLBACK either.
    if (text === 'ROLLBACK') return Promise.resolve();
    if (crashesAt(text)) return Promise.reject(new Crash(point));
    return (client.query as (...args: unknown[]) => unknown)(statement, ...rest);
  };
  return new Proxy(client, {
    get: (target, name) => (name === 'query' ? query : (Reflect.get(target, name) as unknown)),
  });
}

function crashingLedger(ledger: LedgerWriter, point: CrashPoint): LedgerWriter {
  const before: Record<string, string> = {
    appendBlock: 'after 1',
    writeTiles: 'after 2',
    publishCheckpoint: 'after 4',
  };
  const after: Record<string, string> = { writeTiles: 'after 3' };
  return new Proxy(ledger, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return async (...args: unknown[]) => {
        if (point.startsWith(before[name] ?? '-')) throw new Crash(point);
        const result = await (member.apply(target, args) as Promise<unknown>);
        if (point.startsWith(after[name] ?? '-')) throw new Crash(point);
        return result;
      };
    },
  });
}
