/** Closing a log under load: the intake turns to the next one, nothing is lost or doubled, and the old one ends. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type BatchResult, type Evidence } from '@test/evidence.js';
import { receiptOf, verifiersFor } from '@test/receipts.js';
import { type HttpClient } from '@test/http-client.js';
import { ClosingScene, NEXT } from './closing-scene.js';

/** How many receipts are looked at. */
const SAMPLE = 50;

let scene: ClosingScene;

beforeEach(async () => {
  scene = await ClosingScene.create();
});

afterEach(() => scene.stack.close());

const folder = (...names: string[]): string => join(scene.stack.directory, ...names);

/** Hands in singles and batches until told to stop; every answer must be a good one. */
function load(http: HttpClient): { accepted: Evidence[]; stop: () => Promise<void> } {
  const accepted: Evidence[] = [];
  let isOver = false;
  const single = async (): Promise<void> => {
    while (!isOver) {
      const answer = await http.post('/v1/evidence', evidenceOf());
      expect([answer.status, answer.text]).toMatchObject([202, expect.anything()]);
      accepted.push(answer.json<Evidence>());
    }
  };
  const batch = async (): Promise<void> => {
    while (!isOver) {
      const items = Array.from({ length: 5 }, () => evidenceOf());
      const { results } = (await http.post('/v1/evidence/batch', { items })).json<{
        results: BatchResult[];
      }>();
      expect(results.map(({ status }) => status)).toEqual(items.map(() => 202));
      accepted.push(...results.map((result) => result.evidence!));
    }
  };
  const clients = [single(), single(), single(), batch(), batch()];
  return {
    accepted,
    stop: async () => {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

test('under load nothing is refused, lost or doubled, and both logs stay whole, served and verifiable', async () => {
  const other = await scene.stack.startApi();
  let worker = await scene.startSequencing();
  const { http } = scene;
  const loads = [load(http), load(other.http.as(scene.token))];
  const count = (): number => loads.reduce((sum, { accepted }) => sum + accepted.length, 0);
  await eventually('there is load', () => count() > 100);
  expect(await scene.close('--confirm')).toMatchObject({ exitCode: 0, stderr: '' });
  await scene.isClosed();
  const atClose = count();
  await eventually('the load goes on', () => count() > atClose + 100);
  for (const { stop } of loads) await stop();
  const evidence = loads.flatMap(({ accepted }) => accepted);
  const { native } = await verifiersFor(scene.stack);
  const origins = new Set<string>();
  // Some of all phases; that each record stands in its log once is seen below.
  const every = Math.ceil(evidence.length / SAMPLE);
  for (const { id } of evidence.filter((_, n) => n % every === 0 || n === evidence.length - 1)) {
    const { bytes } = await receiptOf(http, id);
    expect((await native.verify(bytes)).verdict).toBe('holds');
    const { record } = JSON.parse(bytes.toString()) as { record: string };
    origins.add((JSON.parse(record) as { log: string }).log);
    if (origins.size === 2) writeFileSync(folder('new.json'), bytes);
    else writeFileSync(folder('old.json'), bytes);
  }
  expect([...origins]).toEqual([scene.origin, NEXT]);
  await worker.stop();
  await scene.expectWholeHistory(evidence.length);

  const { logs } = (await scene.api.http.get('/logs')).json<{ logs: { name: string; state: string }[] }>();
  expect(logs.map(({ name, state }) => [name, state]).sort()).toEqual([
    ['main', 'closed'],
    ['next', 'open'],
  ]);
  // The trust folder has both, offline and for the auditor.
  for (const file of ['old.json', 'new.json']) {
    const run = await scene.cunzheng('verify', '--receipt', folder(file), '--trust', folder('trust'));
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
  }
  for (const name of ['main', 'next']) {
    const audit = await scene.cunzheng('audit', `${scene.api.url}/logs/${name}`, '--trust', folder('trust'));
    expect(audit.stdout).toContain('audit: clean');
  }
  expect(readdirSync(folder('keys', 'next'))).toEqual(['log-ed25519.pem']);
  expect(statSync(folder('keys', 'next', 'log-ed25519.pem')).mode & 0o777).toBe(0o600);
  expect(readFileSync(folder('keys', 'next', 'log-ed25519.pem'))).not.toEqual(
    readFileSync(folder('keys', 'log-ed25519.pem')),
  );

  // A worker that starts with the old setting goes on with the new log, and says so.
  const before = readFileSync(join(scene.ledgerOf('main'), 'checkpoint'));
  worker = await scene.startSequencing();
  expect(scene.stack.logs.some((line) => line.includes('takes no more records: they go to'))).toBe(true);
  const [after] = (await scene.anchorSome(3)).receipts;
  expect((JSON.parse(after!.toString()) as { record: string }).record).toContain(NEXT);
  expect(readFileSync(join(scene.ledgerOf('main'), 'checkpoint'))).toEqual(before);
  await worker.stop();
});

test('the command refuses what it must, and changes nothing unless confirmed', async () => {
  const shown = await scene.close();
  expect(shown.exitCode).toBe(0);
  expect(shown.stdout).toContain('nothing was changed');
  const unfit = [
    [scene.origin, 'other.example/logs/next', /statements name the host/],
    [scene.origin, scene.origin, /a name is used once/],
    [scene.origin, 'next', /want HOST\/logs\/NAME/],
    ['notary.example/logs/none', NEXT, /knows no log/],
  ] as const;
  await Promise.all(
    unfit.map(async ([origin, next, message]) => {
      const run = await scene.cunzheng('ledger', 'close', origin, '--next', next, '--confirm');
      expect([run.exitCode, run.stderr]).toEqual([2, expect.stringMatching(message)]);
    }),
  );
  const untouched = await scene.stack.query('SELECT FROM log WHERE next_origin IS NOT NULL');
  expect(untouched).toEqual([]);
  await scene.close('--confirm');
  const again = await scene.close('--confirm');
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('is to be closed already')]);
  expect((await scene.cunzheng('ledger', 'rotate-key', scene.origin)).exitCode).toBe(2);
});

test('the database itself takes no record, entry or block for a log that is closed', async () => {
  const worker = await scene.startSequencing();
  await scene.close('--confirm');
  await scene.isClosed();
  await scene.isSwitched();
  await worker.stop();
  const [log] = await scene.stack.query<{ id: number; last: number; height: number }>(
    `SELECT id, last_size::int AS last, (SELECT max(height)::int FROM block WHERE block.log = log.id) AS height
     FROM log WHERE origin = $1`,
    [scene.origin],
  );
  const { id, last, height } = log!;
  for (const insert of [
    `INSERT INTO parcel (log, n, entries) VALUES (${id}, 1, decode(repeat('00', 68), 'hex'))`,
    `INSERT INTO log_entry (log, type, body) VALUES (${id}, 3, '\\x00')`,
    `INSERT INTO block (log, height, first_index, count, header) VALUES (${id}, ${height + 1}, ${last}, 1, '{}')`,
  ])
    await expect(scene.stack.query(insert)).rejects.toMatchObject({ driverError: { code: 'CZ001' } });
});

test('the next log waits for its key to fit its ledger, and records go on to the old one', async () => {
  const worker = await scene.startSequencing();
  mkdirSync(folder('ledger', 'next'));
  await scene.close('--confirm');
  await eventually('it is said', () =>
    scene.stack.logs.some((line) => line.includes('the next log cannot be opened')),
  );
  const [receipt] = (await scene.anchorSome(2)).receipts;
  expect((JSON.parse(receipt!.toString()) as { record: string }).record).toContain(scene.origin);
  rmdirSync(folder('ledger', 'next'));
  await scene.isClosed();
  await worker.stop();
  expect(existsSync(folder('keys', 'next', 'log-ed25519.pem'))).toBe(true);
});
