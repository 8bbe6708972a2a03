/** Anchoring by hand with a crash in it: the sequencer's own steps, stopped between any two of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatOpenEvent, formatTime, parseOrigin } from '@cunzheng/ledger';
import { logDirectory, openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import { listLogStates, readPendingLogEntries, readPendingParcels } from '@cunzheng/persistence';
import { noTracing } from '@cunzheng/telemetry';
import pg from 'pg';
import { anchorContents, type AnchorContext } from '../../apps/anchor-worker/src/sequencer/anchor.js';
import { closeLog, switchIfAsked } from '../../apps/anchor-worker/src/sequencer/closing.js';
import { changeKeysIfAsked } from '../../apps/anchor-worker/src/sequencer/key-change.js';
import { WorkerMetrics } from '../../apps/anchor-worker/src/metrics/worker-metrics.js';
import {
  establishLog,
  identifyLog,
  type LogIdentity,
} from '../../apps/anchor-worker/src/log-key/log-identity.js';
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

export const SWITCH_CRASH_POINTS = [
  'before the switch: half a key is on disk',
  'before the switch: the key of the next log is on disk',
  'in the switch: the transaction is not committed',
  'after the switch: the next log has nothing yet',
] as const;
export type SwitchCrashPoint = (typeof SWITCH_CRASH_POINTS)[number];

type Work = (context: AnchorContext) => Promise<void>;
/** The log that takes records, or the one that does not any more. */
type Which = 'open' | 'closing';

class Crash extends Error {}

/** Anchors what waits up to the crash point, then leaves everything as a killed process would. */
export async function anchorAndCrash(
  stack: TestStack,
  point: CrashPoint,
  which: Which = 'open',
): Promise<void> {
  await crashIn(stack, point, anchorWaiting, which);
}

/** Changes the log's keys as the operator has asked, up to the crash point. */
export async function changeKeysAndCrash(stack: TestStack, point: CrashPoint): Promise<void> {
  await crashIn(stack, point, async (context) => {
    await changeKeysIfAsked(context, { LOG_SECOND_SIGNATURE: 'none' });
  });
}

/** Turns the intake to the next log, as the operator has asked, up to the crash point. */
export async function switchAndCrash(stack: TestStack, point: SwitchCrashPoint): Promise<void> {
  const settings = stack.settings(stack.database.workerUrl);
  await crashIn(stack, point, async (context) => {
    const next = await nextOf(context);
    const folder = join(settings.KEYS_DIR, parseOrigin(next).name);
    if (point === SWITCH_CRASH_POINTS[0]) {
      // As durable-file.ts leaves it.
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(join(folder, 'log-ed25519.pem.new.tmp'), '-----BEGIN PRIV', { mode: 0o600 });
      throw new Crash(point);
    }
    await switchIfAsked(context, settings);
    throw new Crash(point);
  });
}

/** Turns the intake to the next log and anchors what waits for the old one: it is ready to be closed. */
export async function switchAndDrain(stack: TestStack): Promise<void> {
  await inLog(stack, 'open', async (context) => {
    await switchIfAsked(context, stack.settings(stack.database.workerUrl));
    await anchorWaiting(context);
  });
}

/** Writes the last block of the log that is closing up to the crash point. */
export async function closeAndCrash(stack: TestStack, point: CrashPoint): Promise<void> {
  await crashIn(
    stack,
    point,
    async (context) => {
      const next = await nextOf(context);
      await closeLog(context, next);
    },
    'closing',
  );
}

/** Writes the first block of the log that takes records up to the crash point. */
export async function openAndCrash(stack: TestStack, point: CrashPoint): Promise<void> {
  await crashIn(stack, point, async (context) => {
    const { log } = context;
    const verifierKeys = log.keys.current.map(({ vkey }) => vkey);
    const createdAt = formatTime(Date.now());
    const operator = { name: 'Test operator' };
    const event = formatOpenEvent({ createdAt, log: log.origin, verifierKeys, operator });
    await anchorContents(context, { events: [event] });
  });
}

async function nextOf({ client, log }: AnchorContext): Promise<string> {
  const state = (await listLogStates(client)).find(({ id }) => id === log.id);
  if (state?.nextOrigin === undefined) throw new Error(`${log.origin} is not to be closed`);
  return state.nextOrigin;
}

async function anchorWaiting(context: AnchorContext): Promise<void> {
  const logEntries = await readPendingLogEntries(context.client, context.log.id);
  const parcels = await readPendingParcels(context.client, context.log.id, 4_096);
  await anchorContents(context, { logEntries, parcels });
}

async function crashIn(
  stack: TestStack,
  point: CrashPoint | SwitchCrashPoint,
  work: Work,
  which: Which = 'open',
): Promise<void> {
  await inLog(stack, which, async (context) => {
    const client = crashingClient(context.client as pg.Client, point);
    const ledger = crashingLedger(context.ledger, point);
    await expect(work({ ...context, client, ledger })).rejects.toThrow(Crash);
  });
}

async function inLog(stack: TestStack, which: Which, work: Work): Promise<void> {
  const settings = stack.settings(stack.database.workerUrl);
  const log = await identify(stack, which);
  const client = new pg.Client({ connectionString: settings.DATABASE_URL });
  await client.connect();
  const dir = logDirectory(settings.LEDGER_DIR, log.name);
  const ledger = await openLedgerWriter({ dir, origin: log.origin, crypto: nativeCrypto });
  try {
    const metrics = new WorkerMetrics(false);
    await work({ client, ledger, log, now: Date.now, metrics, tracing: noTracing });
  } finally {
    // The server undoes what was not committed, as it does when a process dies.
    await client.end();
    await ledger.close();
  }
}

async function identify(stack: TestStack, which: Which): Promise<LogIdentity> {
  const settings = stack.settings(stack.database.workerUrl);
  const pool = new pg.Pool({ connectionString: settings.DATABASE_URL, max: 1 });
  try {
    if (which === 'open') return await establishLog(pool, settings, () => undefined);
    const state = (await listLogStates(pool)).find(({ isClosing, isClosed }) => isClosing && !isClosed);
    if (!state) throw new Error('no log is closing');
    return await identifyLog(pool, settings.KEYS_DIR, state);
  } finally {
    await pool.end();
  }
}

/** Throws in front of a query instead of sending it; of a block's two transactions the second is the anchoring one. */
function crashingClient(client: pg.Client, point: CrashPoint | SwitchCrashPoint): pg.Client {
  let commits = 0;
  const crashesAt = (text: string): boolean => {
    if (text === 'COMMIT') commits += 1;
    if (point.startsWith('before')) return text === 'BEGIN';
    if (/^in (1|the switch)/.test(point)) return text === 'COMMIT';
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

function crashingLedger(ledger: LedgerWriter, point: CrashPoint | SwitchCrashPoint): LedgerWriter {
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
