/** Keys of a log that change: announced under the old ones, each valid for its own sizes, and never half. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseCheckpoint, parseNote, parseVerifierKey, verifyNote } from '@cunzheng/receipt';
import { checkLedger, readLedger, verifyAllReceipts } from '@test/check-ledger.js';
import { changeKeysAndCrash, CRASH_POINTS } from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { accept, receiptOf, verifiersFor } from '@test/receipts.js';
import { RestoreScene } from './restore-scene.js';

interface Window {
  readonly vkey: string;
  readonly fromSize: number;
  readonly toSize?: number;
}

let scene: RestoreScene;

beforeEach(async () => {
  scene = await RestoreScene.create();
});

afterEach(() => scene.stack.close());

const folder = (name: string): string => join(scene.stack.directory, name);
const describeLog = async (): Promise<{ verifierKeys: Window[]; policy: string }> =>
  (await scene.api.http.get(`/logs/${scene.name}/log.v1.json`)).json();
const keysOf = (note: string, vkeys: readonly string[]): string[] =>
  verifyNote(
    nativeCrypto,
    parseNote(note),
    vkeys.map((vkey) => parseVerifierKey(nativeCrypto, vkey)),
  ).map(({ key }) => key.vkey);
const anchorOne = async (): Promise<{ evidence: Evidence; receipt: Buffer }> => {
  const evidence = await accept(scene.http, evidenceOf());
  return { evidence, receipt: (await receiptOf(scene.http, evidence.id)).bytes };
};
const changed = (count = 2): Promise<Window[]> =>
  eventually('keys have changed', async () => {
    const { verifierKeys } = await describeLog();
    return verifierKeys.length === count && verifierKeys;
  });

/** Every checkpoint is signed by exactly the keys whose window holds its size, in the order of the windows. */
async function expectRightKeys(windows: readonly Window[]): Promise<void> {
  const notes = await scene.stack.query<{ note: Buffer }>('SELECT note FROM checkpoint ORDER BY tree_size');
  for (const { note } of notes) {
    const text = note.toString();
    const { treeSize } = parseCheckpoint(parseNote(text).text);
    const want = windows.filter(
      ({ fromSize, toSize = Infinity }) => treeSize >= fromSize && treeSize <= toSize,
    );
    const signed = keysOf(
      text,
      windows.map(({ vkey }) => vkey),
    );
    expect(new Set(signed)).toEqual(new Set(want.map(({ vkey }) => vkey)));
    expect(parseNote(text).signatures).toHaveLength(want.length);
    expect(parseVerifierKey(nativeCrypto, signed[0]!).type).toBe('ed25519');
  }
}

test('a rotated key signs from its announcement on; receipts, audit and followers go by the windows', async () => {
  const worker = await scene.startSequencing();
  const before = await anchorOne();
  cpSync(folder('trust'), folder('old-trust'), { recursive: true });
  expect((await scene.cunzheng('ledger', 'rotate-key', 'other.example/logs/x')).exitCode).toBe(2);
  expect(await scene.cunzheng('ledger', 'rotate-key', scene.origin)).toMatchObject({
    exitCode: 0,
    stderr: '',
  });
  const windows = await changed();
  const after = await anchorOne();
  await worker.stop();
  await checkLedger(scene.stack);

  const { events } = (await scene.api.http.get(`/logs/${scene.name}/events`)).json<{
    events: { body: string; height: number }[];
  }>();
  const event = JSON.parse(events.at(-1)!.body) as {
    event: string;
    lastSize: number;
    verifierKeys: string[];
  };
  expect(event).toMatchObject({ event: 'key-change', verifierKeys: [windows[1]!.vkey] });
  expect(windows).toEqual([
    { vkey: windows[0]!.vkey, fromSize: 1, toSize: event.lastSize },
    { vkey: windows[1]!.vkey, fromSize: event.lastSize + 1 },
  ]);
  const [announced] = await scene.stack.query<{ size: number }>(
    'SELECT tree_size::int AS size FROM checkpoint WHERE height = $1',
    [events.at(-1)!.height],
  );
  expect(announced!.size).toBe(event.lastSize);
  await expectRightKeys(windows);

  // The trust folder has followed, since nobody had edited it.
  expect(JSON.parse(readFileSync(join(folder('trust'), 'trust.json'), 'utf8'))).toMatchObject({
    keyWindows: windows,
  });
  await scene.expectCleanAudit();
  const files = { before: before.receipt, after: after.receipt };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(folder(`${name}.json`), bytes);
  const verify = async (receipt: string, trust: string): Promise<number> =>
    (await scene.cunzheng('verify', '--receipt', folder(receipt), '--trust', folder(trust))).exitCode;
  expect([await verify('before.json', 'trust'), await verify('after.json', 'trust')]).toEqual([0, 0]);
  // Who knows the old key alone verifies what it signed, and nothing else.
  expect(await verify('before.json', 'old-trust')).toBe(0);
  expect(await verify('after.json', 'old-trust')).not.toBe(0);
  const url = `${scene.api.url}/logs/${scene.name}`;
  const follow = (trust: string): Promise<{ exitCode: number }> =>
    scene.cunzheng('follow', url, '--once', '--state', `state-${trust}`, '--trust', folder(trust));
  expect((await follow('trust')).exitCode).toBe(0);
  expect((await follow('old-trust')).exitCode).toBe(12);

  // The old key, stolen later, signs nothing beyond its window.
  mkdirSync(folder('swapped'));
  cpSync(folder('trust'), folder('swapped'), { recursive: true });
  const keyWindows = [{ ...windows[0]!, toSize: event.lastSize - 1 }, windows[1]!];
  const trustJson = { format: 'cunzheng/trust@v1', minTimestamps: 0, keyWindows };
  writeFileSync(join(folder('swapped'), 'trust.json'), JSON.stringify(trustJson));
  const audit = await scene.cunzheng('audit', url, '--trust', folder('swapped'));
  expect(audit.exitCode).toBe(1);
  expect(audit.stdout).toContain(`may not sign a checkpoint of size ${event.lastSize}`);
});

test('keys are files of their owner alone, never logged, and the old one is not needed any more', async () => {
  let worker = await scene.startSequencing({ LOG_SECOND_SIGNATURE: 'ml-dsa-44' });
  await changed(2);
  await scene.cunzheng('ledger', 'rotate-key', scene.origin);
  const windows = await changed(3);
  await anchorOne();
  await worker.stop();
  const names = readdirSync(folder('keys')).sort();
  expect(names).toEqual([
    expect.stringMatching(/^log-ed25519-[0-9a-f]{8}\.pem$/),
    'log-ed25519.pem',
    expect.stringMatching(/^log-ml-dsa-44-[0-9a-f]{8}\.pem$/),
  ]);
  for (const name of names) {
    expect(statSync(join(folder('keys'), name)).mode & 0o777).toBe(0o600);
    const secret = readFileSync(join(folder('keys'), name), 'utf8').split('\n')[1]!;
    expect(scene.stack.logs.some((line) => line.includes(secret))).toBe(false);
  }
  rmSync(join(folder('keys'), 'log-ed25519.pem'));
  worker = await scene.startSequencing({ LOG_SECOND_SIGNATURE: 'ml-dsa-44' });
  await anchorOne();
  await worker.stop();
  await expectRightKeys(windows);
  // The one that signs now is needed.
  renameSync(join(folder('keys'), names[0]!), folder('away.pem'));
  await expect(scene.stack.startWorker({ LOG_SECOND_SIGNATURE: 'ml-dsa-44' })).rejects.toThrow(
    /restore the private key of notary\.example\/logs\/main\+[0-9a-f]{8} from its backup/,
  );
});

test('the second signature comes and goes with its setting, after the first, and verifies where it is known', async () => {
  let worker = await scene.startSequencing({ LOG_SECOND_SIGNATURE: 'ml-dsa-44' });
  const [first, second] = await changed(2);
  expect(parseVerifierKey(nativeCrypto, second!.vkey).type).toBe('subtree/v1');
  const { evidence, receipt } = await anchorOne();
  await worker.stop();
  await checkLedger(scene.stack);
  await expectRightKeys([first!, second!]);
  const note = (JSON.parse(receipt.toString()) as { checkpoint: string }).checkpoint;
  expect(keysOf(note, [first!.vkey, second!.vkey])).toEqual([first!.vkey, second!.vkey]);
  // Either alone is enough for who knows it alone.
  expect(keysOf(note, [second!.vkey])).toEqual([second!.vkey]);
  expect(keysOf(note, [first!.vkey])).toEqual([first!.vkey]);
  await scene.expectCleanAudit();
  worker = await scene.startSequencing();
  const windows = await eventually('it is gone', async () => {
    const { verifierKeys } = await describeLog();
    return verifierKeys[1]?.toSize !== undefined && verifierKeys;
  });
  await anchorOne();
  await worker.stop();
  expect(windows.map(({ vkey, toSize }) => [vkey, toSize !== undefined])).toEqual([
    [first!.vkey, false],
    [second!.vkey, true],
  ]);
  await expectRightKeys(windows);
  await scene.expectCleanAudit();
  expect((await verifyAllReceipts(scene.stack, scene.http, [evidence]))[0]!.equals(receipt)).toBe(true);
});

test.each(CRASH_POINTS)('a crash %s leaves the old key or the new one, and one change', async (point) => {
  await scene.cunzheng('ledger', 'rotate-key', scene.origin);
  await changeKeysAndCrash(scene.stack, point);
  const worker = await scene.startSequencing();
  const windows = await changed();
  const { evidence } = await anchorOne();
  await worker.stop();
  await checkLedger(scene.stack);
  await expectRightKeys(windows);
  await verifyAllReceipts(scene.stack, scene.http, [evidence]);
  expect(readdirSync(folder('keys')).sort()).toEqual([
    expect.stringMatching(/^log-ed25519-[0-9a-f]{8}\.pem$/),
    'log-ed25519.pem',
  ]);
  const ledger = await readLedger(await scene.stack.logDirectory());
  expect(
    ledger.flatMap(({ entries }) => entries).filter((entry) => entry.startsWith('435a0102')),
  ).toHaveLength(2);
});

test('a trust folder that somebody edited is left alone, and the log says what to add', async () => {
  writeFileSync(join(folder('trust'), 'policy'), '# mine\n');
  const worker = await scene.startSequencing();
  await scene.cunzheng('ledger', 'rotate-key', scene.origin);
  const windows = await changed();
  await eventually('it is said', () =>
    scene.stack.logs.some(
      (line) => line.includes('the trust folder was edited') && line.includes(windows[1]!.vkey),
    ),
  );
  await worker.stop();
  expect(readFileSync(join(folder('trust'), 'policy'), 'utf8')).toBe('# mine\n');
});

test('a database from before the change takes keys and windows back with the blocks', async () => {
  const backup = await scene.takeBackup();
  let worker = await scene.startSequencing();
  await scene.cunzheng('ledger', 'rotate-key', scene.origin);
  const windows = await changed();
  const notes = (): Promise<unknown[]> =>
    scene.stack.query('SELECT tree_size, note FROM checkpoint ORDER BY tree_size');
  await worker.stop();
  const before = await notes();
  await scene.withApiStopped(() => backup.restoreDatabase());
  worker = await scene.startSequencing();
  const { receipt } = await anchorOne();
  await worker.stop();
  expect((await notes()).slice(0, before.length)).toEqual(before);
  expect((await describeLog()).verifierKeys).toEqual(windows);
  await expectRightKeys(windows);
  const { native } = await verifiersFor(scene.stack);
  expect((await native.verify(receipt)).verdict).toBe('holds');
});
