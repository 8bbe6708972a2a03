/** What a follower makes of answers that are no news of the log: an error, nothing remembered, and the next look is fine. */
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseTrust } from '@cunzheng/receipt';
import { EvidenceFile } from '../src/follow/evidence-file.js';
import { Follower } from '../src/follow/follower.js';
import { LogClient } from '../src/follow/log-client.js';
import { LogServer, origin, trustFiles } from './follow-log.js';
import { main, other } from './follow-runs.js';
import { useFolder } from './run-cli.js';

const cwd = useFolder();
const stop = new AbortController().signal;
const trust = parseTrust(nativeCrypto, trustFiles);
let log: LogServer;
let follower: Follower;
let evidence: EvidenceFile;
/** How long the client waits for an answer. */
let patience: { timeoutMs: number };

beforeEach(async () => {
  log = await LogServer.start();
  const statePath = join(cwd, log.url.replace(/\W/g, ''));
  evidence = await EvidenceFile.open(`${statePath}.checkpoints`);
  patience = { timeoutMs: 60_000 };
  const client = new LogClient(Object.assign(patience, { url: log.url, stop }));
  follower = new Follower(
    { client, trust, statePath, evidence, nowMs: () => Date.now(), stop },
    { origin, sinceMs: 0 },
  );
  log.publish(main, 3);
  await follower.look();
});
afterEach(async () => {
  await evidence.close();
  log.stop();
});

const growAnd = (tile: (path: string) => Uint8Array | string | undefined) => (): void => {
  log.publish(main, 5);
  log.override = (path) => (path.startsWith('tile/') ? tile(path) : undefined);
};

it.each<[string, string, () => void]>([
  ['an error page', 'malformed', () => (log.note = '<html>welcome</html>')],
  [
    'a checkpoint of another log',
    'malformed',
    () => (log.note = main.noteAt(9).replaceAll(origin, 'other.example/logs/test')),
  ],
  ['bytes', 'malformed', () => (log.override = () => Uint8Array.of(0xff, 0, 0xfe))],
  ['a broken server', 'status', () => (log.override = () => (response) => response.writeHead(500).end())],
  [
    'an answer that is cut',
    'unreachable',
    () =>
      (log.override = () => (response) =>
        response.writeHead(200, { 'content-length': 99 }).write('log', () => response.destroy())),
  ],
  ['a long answer', 'too-large', () => (log.override = () => 'x'.repeat(2_000_000))],
  [
    'an answer that never ends',
    'unreachable',
    () => (
      (patience.timeoutMs = 200),
      (log.override = () => (response) => response.writeHead(200).write('log.example'))
    ),
  ],
  [
    'a connection that is closed',
    'unreachable',
    () => (log.override = () => (response) => response.destroy()),
  ],
  [
    'no tiles',
    'status',
    () => (
      (log.note = main.noteAt(main.sizeOf(5))),
      (log.override = (path) =>
        path.startsWith('tile/') ? (response) => response.writeHead(404).end() : undefined)
    ),
  ],
  ['tiles of another tree', 'unproven', growAnd((path) => other.read(path))],
  ['tiles of odd sizes', 'unproven', growAnd(() => 'x'.repeat(33))],
  ['tiles that are too long', 'too-large', growAnd(() => 'x'.repeat(8_193))],
])('%s: %s', async (_, code, spoil) => {
  spoil();
  await expect(follower.look()).rejects.toMatchObject({ name: 'LogError', code });
  expect(follower.checkpoint?.treeSize).toBe(main.sizeOf(3));
  patience.timeoutMs = 60_000;
  log.override = () => undefined;
  log.publish(main, 6);
  expect(await follower.look()).toMatchObject({ outcome: 'holds', before: main.sizeOf(3) });
});

it('takes an empty tree for no news while nothing was seen', async () => {
  const client = new LogClient({ url: log.url, timeoutMs: 60_000, stop });
  const statePath = join(cwd, `${log.url.replace(/\W/g, '')}-fresh`);
  const fresh = new Follower(
    { client, trust, statePath, evidence, nowMs: () => Date.now(), stop },
    { origin, sinceMs: 0 },
  );
  log.note = main.noteAt(0);
  await expect(fresh.look()).rejects.toMatchObject({ name: 'LogError', code: 'malformed' });
  expect(fresh.checkpoint).toBeUndefined();
  log.publish(main, 1);
  expect(await fresh.look()).toMatchObject({ outcome: 'holds', before: 0 });
});

it('says in a stale finding what it could not prove', async () => {
  growAnd(() => 'x'.repeat(33))();
  await follower.look().catch(() => undefined);
  expect(follower.stale('')).toMatchObject({
    kind: 'stale',
    seen: main.noteAt(main.sizeOf(3)),
    served: log.note,
  });
});
