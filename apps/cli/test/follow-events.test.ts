/** What `cunzheng follow` makes of the events of a log: its close above all, after which nothing may come. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { portableCrypto } from '@cunzheng/crypto';
import { computeEntry, EntryType, formatCloseEvent, formatKeyChangeEvent } from '@cunzheng/ledger';
import { portableTreeHasher as hasher, verifyInclusion } from '@cunzheng/merkle';
import { verifierKey as someKey } from '../../../libs/ledger/test/support.js';
import { History, origin } from './follow-log.js';
import { useFollowed, verified } from './follow-runs.js';
import { type CliRun, runCli } from './run-cli.js';

const { cwd, start, look, readState, expectFinding } = useFollowed();

const createdAt = '2025-01-01T01:00:00.000Z';
const open = History.of([3, 200, 90]);
/** A `close` as the next entry of a log, saying that it ends where it does, or somewhere else. */
const closeOf = ({ leaves }: History, by = 0): Uint8Array => {
  const lastSize = leaves.length + 2 + by;
  return formatCloseEvent({ createdAt, log: origin, lastSize, next: 'log.example/logs/next' });
};
const closed = open.and(closeOf(open));
const size = closed.leaves.length;
const keyChange = open.and(
  formatKeyChangeEvent({
    createdAt,
    log: origin,
    lastSize: open.leaves.length + 2,
    verifierKeys: [someKey],
  }),
);

interface EventFound {
  readonly served: string;
  readonly event: { leafIndex: number; body: string; treeSize: number; inclusion: string[] };
}

const eventsIn = ({ stdout }: CliRun): string[] =>
  (JSON.parse(stdout) as { events: { body: string }[] }).events.map(
    ({ body }) => (JSON.parse(body) as { event: string }).event,
  );

/** The event stands in the tree of the note, as whoever gets the finding's file can see. */
function expectProven({ event }: EventFound, note: string): void {
  const { leafIndex, body, treeSize, inclusion } = event;
  const entry = computeEntry(portableCrypto, EntryType.event, Buffer.from(body));
  const proof = inclusion.map((hash) => Buffer.from(hash, 'base64'));
  const tree = verified(note);
  expect(tree.treeSize).toBe(treeSize);
  verifyInclusion(hasher, leafIndex, treeSize, hasher.hashLeaf(entry), proof, tree.rootHash);
  expect(JSON.parse(body)).toMatchObject({ event: 'close', lastSize: size });
}

describe('a log that is closed', () => {
  it.concurrent('is said to be, and need not grow any more', async () => {
    const [log, state] = await start();
    log.publish(open);
    await look(log, state);
    // The tree was last seen to grow long ago.
    const longAgo = { ...readState(state), grownMs: 0 };
    writeFileSync(join(cwd, state), JSON.stringify(longAgo));
    expect((await look(log, state, '--expect-growth', '60')).exitCode).toBe(13);
    log.publish(closed);
    const first = await look(log, state, '--expect-growth', '60');
    expect(eventsIn(first)).toEqual(['close']);
    writeFileSync(join(cwd, state), JSON.stringify({ ...readState(state), grownMs: 0 }));
    const again = await look(log, state, '--expect-growth', '60');
    expect(eventsIn(again)).toEqual([]);
    for (const run of [first, again])
      expect({ ...run, ...(JSON.parse(run.stdout) as object) }).toMatchObject({
        exitCode: 0,
        outcome: 'holds',
        treeSize: size,
        closed: { lastSize: size, next: 'log.example/logs/next' },
      });
  });

  it.concurrent('10: has signed a tree beyond its end since', async () => {
    const [log, state] = await start();
    log.publish(closed);
    expect((await look(log, state)).exitCode).toBe(0);
    const seen = log.note;
    log.publish(closed.and());
    // Nor does it help to leave the event out now.
    log.override = (path) => (path.startsWith('events') ? '{"events":[]}' : undefined);
    const run = await look(log, state);
    const found = expectFinding(run, state, 10, seen) as unknown as EventFound;
    expect(run.stdout).toContain(`was closed at tree size ${size}`);
    expectProven(found, seen);
    expect(verified(found.served).treeSize).toBe(size + 1);
    expect((await look(log, state)).exitCode).toBe(10);
  });

  it.concurrent('10: was never seen at its end', async () => {
    const [log, state] = await start();
    log.publish(closed.and());
    const found = expectFinding(await look(log, state), state, 10, log.note) as unknown as EventFound;
    expectProven(found, found.served);
  });

  it.concurrent('10: says that it ends somewhere else', async () => {
    const [log, state] = await start();
    log.publish(open.and(closeOf(open, 5)));
    const run = await look(log, state);
    expectFinding(run, state, 10, log.note);
    expect(run.stdout).toContain('which is not where it stands');
  });
});

describe('a list of events', () => {
  it.concurrent('that lags behind is read on at the next look', async () => {
    const [log, state] = await start();
    log.publish(closed);
    log.override = (path) => (path.startsWith('events') ? '{"events":[]}' : undefined);
    expect((await look(log, state)).stdout).not.toContain('closed');
    log.override = () => undefined;
    expect((await look(log, state)).stdout).toContain('closed');
  });

  it.concurrent('may be missing', async () => {
    const [log, state] = await start();
    log.publish(closed);
    log.override = (path) =>
      path.startsWith('events') ? (response) => response.writeHead(404).end() : undefined;
    expect(await look(log, state)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.concurrent.each([
    ['an event that is not in the tree', { events: [{ leafIndex: 2, body: closed.events.at(-1)!.body }] }],
    ['no list', { events: 'none' }],
    ['events without a place', { events: [{ leafIndex: -1, body: '' }] }],
    ['a page that leads back', { events: [], next: 0 }],
  ])('3: %s is not believed', async (_, list) => {
    const [log, state] = await start();
    log.publish(closed);
    log.override = (path) => (path.startsWith('events') ? JSON.stringify(list) : undefined);
    const run = await look(log, state);
    expect([run.exitCode, run.stderr]).toEqual([3, expect.stringContaining('/events')]);
    expect(readState(state).note).toBe(log.note);
  });
});

describe('a change of keys', () => {
  it.concurrent('is said when it is seen', async () => {
    const [log, state] = await start();
    log.publish(open);
    await look(log, state);
    log.publish(keyChange);
    expect(eventsIn(await look(log, state))).toEqual(['key-change']);
    const shown = await runCli(['follow', log.url, '--state', 'fresh', '--trust', 'trust', '--once'], {
      cwd,
    });
    expect(shown.stdout).toContain(`other keys sign beyond tree size ${keyChange.leaves.length} (entry 297)`);
  });

  it.concurrent('12: is named where another key has signed', async () => {
    const [log, state] = await start();
    log.publish(open);
    await look(log, state);
    log.publish(keyChange.and());
    log.note = keyChange.and().noteAt(keyChange.leaves.length + 1, 'stranger');
    const run = await look(log, state);
    expect(run.exitCode).toBe(12);
    expect(run.stdout).toContain(`changed its keys at tree size ${keyChange.leaves.length}`);
  });
});
