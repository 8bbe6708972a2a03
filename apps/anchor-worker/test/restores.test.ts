/**
 * Backups put back under a log that went on: the older ledger, and the older database. What the other one still has is
 * completed or taken back; what nobody has any more is named, and only the operator goes on from there.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { formatErasureEvent, formatTime } from '@cunzheng/ledger';
import { queueLogEntry } from '@cunzheng/persistence';
import { checkLedger, readLedger, verifyAllReceipts, type LedgerBlock } from '@test/check-ledger.js';
import { anchorAndCrash } from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { accept, receiptOf, verifiersFor } from '@test/receipts.js';
import { backUp, type StackBackup } from '@test/restore.js';
import { TestStack } from '@test/stack.js';
import { RestoreScene } from './restore-scene.js';

let scene: RestoreScene;

beforeEach(async () => {
  scene = await RestoreScene.create();
});

afterEach(() => scene.stack.close());

const logId = async (): Promise<number> =>
  (await scene.stack.query<{ id: number }>('SELECT id FROM log'))[0]!.id;
const hexOf = ({ entry }: Evidence): string => Buffer.from(entry, 'base64').toString('hex');
const entriesOf = (ledger: readonly LedgerBlock[]): string[] => ledger.flatMap(({ entries }) => entries);

describe('an older database under a newer ledger', () => {
  test('that still has all that was accepted: blocks are taken back, nothing is written twice, receipts stay', async () => {
    // The backup was taken after the records were accepted and before they were anchored.
    const waiting = [await accept(scene.http, evidenceOf()), await accept(scene.http, evidenceOf())];
    const backup = await scene.takeBackup();
    let worker = await scene.startSequencing();
    const receipts = await verifyAllReceipts(scene.stack, scene.http, waiting);
    await worker.stop();
    const before = await readLedger(await scene.stack.logDirectory());
    await scene.withApiStopped(() => backup.restoreDatabase());
    worker = await scene.startSequencing();
    expect(await verifyAllReceipts(scene.stack, scene.http, waiting)).toEqual(receipts);
    const later = await accept(scene.http, evidenceOf());
    await receiptOf(scene.http, later.id);
    await worker.stop();
    const after = await checkLedger(scene.stack);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(entriesOf(after).filter((entry) => entry === hexOf(waiting[0]!))).toHaveLength(1);
    await scene.expectCleanAudit();
  });

  test('that lost records: they are listed, the operator accepts, the log says so, and nothing handed out is false', async () => {
    const kept = await accept(scene.http, evidenceOf());
    const backup = await scene.takeBackup();
    let worker = await scene.startSequencing();
    const lost = await scene.anchorSome(3);
    const events = new pg.Client({ connectionString: scene.stack.database.workerUrl });
    await events.connect();
    const erasure = formatErasureEvent({ createdAt: formatTime(Date.now()), log: scene.origin, count: 7 });
    await queueLogEntry(events, { log: await logId(), type: 2, body: erasure });
    await queueLogEntry(events, { log: await logId(), type: 3, body: Buffer.from('an audit head') });
    await events.end();
    await eventually(
      'both are in',
      async () => (await scene.stack.query('SELECT FROM log_entry WHERE height IS NULL')).length === 0,
    );
    await eventually(
      'and anchored',
      async () => (await scene.stack.query('SELECT FROM block WHERE anchored_at IS NULL')).length === 0,
    );
    await worker.stop();
    const before = await readLedger(await scene.stack.logDirectory());
    await scene.withApiStopped(() => backup.restoreDatabase());
    // Clients go on while the operator looks for a newer backup.
    const later = await accept(scene.http, evidenceOf());

    const message = await scene.expectStop(
      /an older database was restored: 5 entries of the ledger of notary.example\/logs\/main \(blocks \d+ to \d+, leaf indices [\d–, ]+\) have no record.*Restore a newer database, or accept the loss: cunzheng ledger accept-loss notary.example\/logs\/main/,
    );
    // Again, and without adopting anything twice.
    expect(await scene.expectStop(/an older database was restored/)).toBe(message);
    expect((await scene.cunzheng('ledger', 'accept-loss', 'other.example/logs/x')).stderr).toContain(
      'knows no log',
    );
    const shown = await scene.cunzheng('ledger', 'accept-loss', scene.origin, '--json');
    expect(shown.exitCode).toBe(0);
    const loss = JSON.parse(shown.stdout) as {
      count: number;
      ranges: { firstIndex: number; lastIndex: number }[];
    };
    expect(loss).toMatchObject({ accepted: false, count: 5 });
    const leaves = entriesOfTree(before);
    const listed = loss.ranges.flatMap(({ firstIndex, lastIndex }) =>
      leaves.slice(firstIndex, lastIndex + 1),
    );
    for (const evidence of lost.evidence) expect(listed).toContain(hexOf(evidence));
    expect(listed).not.toContain(hexOf(kept));
    expect(listed.filter((leaf) => !leaf.startsWith('435a0100'))).toHaveLength(5);
    await scene.expectStop(/accept the loss/);
    expect(await scene.cunzheng('ledger', 'accept-loss', scene.origin, '--confirm', '4')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('5 entries are lost') as string,
    });
    await scene.expectStop(/accept the loss/);
    const accepted = await scene.cunzheng('ledger', 'accept-loss', scene.origin, '--confirm', '5');
    expect(accepted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('accepted: the log will say so') as string,
    });

    worker = await scene.startSequencing();
    await receiptOf(scene.http, later.id);
    expect((await scene.cunzheng('ledger', 'accept-loss', scene.origin)).stderr).toContain(
      'a worker sequences',
    );
    await worker.stop();
    const nothing = await scene.cunzheng('ledger', 'accept-loss', scene.origin, '--confirm', '5');
    expect(nothing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no loss to accept') as string,
    });

    const after = await readLedger(await scene.stack.logDirectory());
    expect(after.slice(0, before.length)).toEqual(before);
    for (const evidence of [kept, later, ...lost.evidence])
      expect(entriesOf(after).filter((entry) => entry === hexOf(evidence))).toHaveLength(1);
    const { events: published } = (await scene.api.http.get(`/logs/${scene.name}/events`)).json<{
      events: { body: string }[];
    }>();
    const bodies = published.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies.map(({ event }) => event)).toEqual(['open', 'erasure', 'accept-loss']);
    expect(bodies[2]).toMatchObject({ count: 5, ranges: loss.ranges });
    const { native } = await verifiersFor(scene.stack);
    for (const receipt of lost.receipts) expect((await native.verify(receipt)).verdict).toBe('holds');
    await verifyAllReceipts(scene.stack, scene.http, [kept, later]);
    await scene.expectCleanAudit();

    // The blocks can still be completed from the database, orphans and all.
    rmSync(await scene.stack.logDirectory(), { recursive: true });
    worker = await scene.startSequencing();
    await worker.stop();
    expect(await readLedger(await scene.stack.logDirectory())).toEqual(after);
  });

  test('and a newer one is found after all: nothing was lost', async () => {
    const older = await scene.takeBackup();
    const worker = await scene.startSequencing();
    const { evidence, receipts } = await scene.anchorSome(2);
    await worker.stop();
    let newer: StackBackup | undefined;
    await scene.withApiStopped(async () => {
      newer = await backUp(scene.stack, 'newer');
      await older.restoreDatabase();
    });
    await scene.expectStop(/3 entries of the ledger/);
    await scene.withApiStopped(() => newer!.restoreDatabase());
    await (await scene.startSequencing()).stop();
    expect(await verifyAllReceipts(scene.stack, scene.http, evidence)).toEqual(receipts);
    await checkLedger(scene.stack);
  });

  test('that had prepared a block and not anchored it', async () => {
    const waiting = await accept(scene.http, evidenceOf());
    await anchorAndCrash(scene.stack, 'after 1: prepared, nothing in the ledger');
    const backup = await scene.takeBackup();
    let worker = await scene.startSequencing();
    const [receipt] = await verifyAllReceipts(scene.stack, scene.http, [waiting]);
    const next = await accept(scene.http, evidenceOf());
    await receiptOf(scene.http, next.id);
    await worker.stop();
    await scene.withApiStopped(() => backup.restoreDatabase());
    await scene.expectStop(/1 entries of the ledger/);
    await scene.cunzheng('ledger', 'accept-loss', scene.origin, '--confirm', '1');
    worker = await scene.startSequencing();
    expect(await verifyAllReceipts(scene.stack, scene.http, [waiting])).toEqual([receipt]);
    await worker.stop();
  });

  test('is taken from no ledger that a checkpoint of ours does not cover', async () => {
    const backup = await scene.takeBackup();
    const worker = await scene.startSequencing();
    await scene.anchorSome(1);
    await receiptOf(scene.http, (await accept(scene.http, evidenceOf())).id);
    await worker.stop();
    const checkpoint = join(await scene.stack.logDirectory(), 'checkpoint');
    const newest = readFileSync(checkpoint, 'utf8');
    await scene.withApiStopped(() => backup.restoreDatabase());
    const heights = (): Promise<unknown[]> => scene.stack.query('SELECT height FROM block');
    const before = await heights();
    rmSync(checkpoint);
    await scene.expectStop(
      /no published checkpoint of ours covers them.*put the newest checkpoint of this log back/,
    );
    // A note in the right form whose signature is not ours.
    writeFileSync(
      checkpoint,
      newest.replace(
        /(— \S+ \S{8})(.)/,
        (_, head: string, digit: string) => head + (digit === 'A' ? 'B' : 'A'),
      ),
    );
    await scene.expectStop(/no published checkpoint of ours covers them/);
    expect(await heights()).toEqual(before);
    writeFileSync(checkpoint, newest);
    await scene.expectStop(/accept the loss/);
  });
});

describe('an older ledger under its database', () => {
  test('is completed byte for byte; one that leads elsewhere is refused', async () => {
    const backup = await scene.takeBackup();
    const worker = await scene.startSequencing();
    const { evidence, receipts } = await scene.anchorSome(5);
    await worker.stop();
    const directory = await scene.stack.logDirectory();
    const before = await readLedger(directory);
    backup.restoreLedger();
    await (await scene.startSequencing()).stop();
    expect(await readLedger(directory)).toEqual(before);
    expect(await verifyAllReceipts(scene.stack, scene.http, evidence)).toEqual(receipts);
    await checkLedger(scene.stack);

    // The same origin and height, another history.
    const other = await TestStack.create({ LOG_ORIGIN: scene.origin });
    try {
      const opener = await other.startWorker();
      await eventually('block 0', async () => (await other.query('SELECT FROM checkpoint')).length === 1);
      await opener.stop();
      rmSync(directory, { recursive: true });
      cpSync(await other.logDirectory(), directory, { recursive: true });
    } finally {
      await other.close();
    }
    await scene.expectStop(/block 0 differs between the ledger and the database/);
  });
});

/** Every leaf of the tree in order, headers as the entry's first four bytes alone. */
function entriesOfTree(ledger: readonly LedgerBlock[]): string[] {
  return ledger.flatMap(({ entries }) => [...entries, '435a0100']);
}
