/** Backups from before a switch or a close, put back after it: completed, taken back, or refused with the way out. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLedger, verifyAllReceipts, type LedgerBlock } from '@test/check-ledger.js';
import { openAndCrash, switchAndDrain } from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { accept, receiptOf, verifiersFor } from '@test/receipts.js';
import { startWitness } from '../../cli/test/witness-process.js';
import { ClosingScene, NEXT } from './closing-scene.js';

let scene: ClosingScene;

beforeEach(async () => {
  scene = await ClosingScene.create();
});

afterEach(() => scene.stack.close());

const keys = (): string => join(scene.stack.directory, 'keys', 'next');
const readBoth = async (): Promise<LedgerBlock[][]> => [
  await readLedger(scene.ledgerOf('main')),
  await readLedger(scene.ledgerOf('next')),
];

/** Closes the log under a worker that ends then. */
async function closeMain(environment: Record<string, string> = {}): Promise<void> {
  await scene.close('--confirm');
  const worker = await scene.stack.startWorker(environment);
  await scene.isClosed();
  await scene.isSwitched();
  await worker.stop();
}

/** Accepts and anchors in the next log; the blocks that were there before are still there. */
async function expectGoesOn([main, next]: LedgerBlock[][]): Promise<void> {
  const worker = await scene.stack.startWorker();
  await scene.isClosed();
  const { id } = await accept(scene.http, evidenceOf());
  const { record } = (await receiptOf(scene.http, id)).json<{ record: string }>();
  expect((JSON.parse(record) as { log: string }).log).toBe(NEXT);
  await worker.stop();
  const after = await readBoth();
  expect(after[0]).toEqual(main);
  expect(after[1]!.slice(0, next!.length)).toEqual(next);
}

describe('an older database', () => {
  test('of before the switch, without a loss: the close and the next log are taken back from the ledgers', async () => {
    const waiting = await accept(scene.http, evidenceOf());
    const backup = await scene.takeBackup();
    await closeMain();
    const receipts = await verifyAllReceipts(scene.stack, scene.http, [waiting]);
    const before = await readBoth();
    await scene.withApiStopped(() => backup.restoreDatabase());
    await expect(scene.stack.startWorker({ LOG_ORIGIN: NEXT })).rejects.toThrow(
      /LOG_ORIGIN is .*next, but the open log is .*main: set it back/,
    );
    await expectGoesOn(before);
    expect(await verifyAllReceipts(scene.stack, scene.http, [waiting])).toEqual(receipts);
    await scene.expectWholeHistory(2);
  });

  test('of before the switch, without records of the next log: their loss is accepted there', async () => {
    const backup = await scene.takeBackup();
    await closeMain();
    const worker = await scene.startSequencing();
    const lost = await scene.anchorSome(2);
    await worker.stop();
    const before = await readBoth();
    await scene.withApiStopped(() => backup.restoreDatabase());
    await scene.expectStop(/3 entries of the ledger of .*\/next .*cunzheng ledger accept-loss .*\/next/);
    expect((await scene.cunzheng('ledger', 'accept-loss', NEXT, '--confirm', '3')).exitCode).toBe(0);
    await expectGoesOn(before);
    const { native } = await verifiersFor(scene.stack);
    for (const receipt of lost.receipts) expect((await native.verify(receipt)).verdict).toBe('holds');
  });

  test('of before the switch, where the old log was not closed yet: the operator takes the next log up again', async () => {
    await accept(scene.http, evidenceOf());
    const backup = await scene.takeBackup();
    await scene.close('--confirm');
    await switchAndDrain(scene.stack);
    await openAndCrash(scene.stack, 'after 4: anchored, nothing published');
    const [main, next] = await readBoth();
    await scene.withApiStopped(() => backup.restoreDatabase());
    const message = await scene.expectStop(/the database does not know: an older database was restored/);
    expect(message).toContain(`cunzheng ledger close ${scene.origin} --next ${NEXT} --confirm`);
    await scene.close('--confirm');
    const worker = await scene.stack.startWorker();
    await scene.isClosed();
    await worker.stop();
    const after = await readBoth();
    expect(after[0]!.slice(0, main!.length)).toEqual(main);
    expect(after[1]).toEqual(next);
  });

  test('that has accepted records for the closed log since: the worker says so and anchors nothing', async () => {
    const backup = await scene.takeBackup();
    await closeMain();
    await scene.withApiStopped(() => backup.restoreDatabase());
    await accept(scene.http, evidenceOf());
    await scene.expectStop(/the ledger of .*main is closed, but .* start the worker before the API/);
  });

  test('and no key of the next log: the worker says which backup it needs', async () => {
    const backup = await scene.takeBackup();
    await closeMain();
    const before = await readBoth();
    await scene.withApiStopped(() => backup.restoreDatabase());
    const away = `${keys()}-away`;
    renameSync(keys(), away);
    await scene.expectStop(/is closed and followed by .*next, but there is no key.*restore KEYS_DIR/);
    renameSync(away, keys());
    await expectGoesOn(before);
  });
});

test('older ledgers, of both logs or of one, are completed byte for byte', async () => {
  const backup = await scene.takeBackup();
  await closeMain();
  const worker = await scene.startSequencing();
  const { evidence, receipts } = await scene.anchorSome(3);
  await worker.stop();
  const before = await readBoth();
  backup.restoreLedger();
  await expectGoesOn(before);
  expect(await verifyAllReceipts(scene.stack, scene.http, evidence)).toEqual(receipts);
  const after = await readBoth();
  rmSync(scene.ledgerOf('main'), { recursive: true });
  await expectGoesOn(after);
});

describe('an older database and older ledgers', () => {
  test.each([
    ['of before it was asked for', false],
    ['of before the switch', true],
  ])('%s: the key of the next log gives it away', async (_, isAsked) => {
    if (isAsked) await scene.close('--confirm');
    const backup = await scene.takeBackup();
    if (!isAsked) await scene.close('--confirm');
    const worker = await scene.stack.startWorker();
    await scene.isClosed();
    await scene.isSwitched();
    await worker.stop();
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    const message = await scene.expectStop(/which neither the database nor LEDGER_DIR knows/);
    expect(message).toContain(`move ${keys()} elsewhere`);
  });

  test('with a witness that has seen the close: it stops the worker before it writes anything', async () => {
    const backup = await scene.takeBackup();
    const [log] = await scene.stack.query<{ vkey: string }>('SELECT verifier_key AS vkey FROM log');
    const options = ['--log', log!.vkey, '--state', 'witness', '--name', 'court.example/w1'];
    const witness = await startWitness(scene.stack.directory, options);
    const policy = join(scene.stack.directory, 'policy');
    writeFileSync(policy, `witness court ${witness.vkey} ${witness.url}\nquorum court\n`);
    // It is to be heard before anything is written.
    const environment = { POLICY_FILE: policy, ATTEST_INTERVAL_MS: '100', WITNESS_TIMEOUT_MS: '60000' };
    await scene.close('--confirm');
    const worker = await scene.stack.startWorker(environment);
    await eventually('the last checkpoint is attested', async () => {
      const rows = await scene.stack.query(
        'SELECT FROM attestation a JOIN log ON log.id = a.log WHERE tree_size = last_size AND attested_at IS NOT NULL',
      );
      return rows.length === 1;
    });
    await worker.stop();
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    const before = await readLedger(scene.ledgerOf('main'));
    const stopped = await scene.stack.startWorker(environment);
    await expect(stopped.finished).rejects.toThrow(/the witness court has cosigned size \d+, beyond our \d+/);
    await stopped.stop();
    expect(await readLedger(scene.ledgerOf('main'))).toEqual(before);
    await witness.end('SIGKILL');
  });

  test('with a follower that has seen the close: it finds the rollback, and what is signed then', async () => {
    const backup = await scene.takeBackup();
    await closeMain();
    const follow = (): ReturnType<ClosingScene['cunzheng']> =>
      scene.cunzheng(
        'follow',
        `${scene.api.url}/logs/main`,
        '--once',
        '--state',
        'state',
        '--trust',
        'trust',
      );
    expect((await follow()).stdout).toContain(`closed     for good; ${NEXT} follows`);
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    expect((await follow()).exitCode).toBe(11);
    // The operator accepts what nobody here can tell.
    renameSync(keys(), join(scene.stack.directory, 'next-keys'));
    const worker = await scene.startSequencing();
    await scene.anchorSome(4);
    await worker.stop();
    // The trust folder of after the close says where the window of the key ends.
    const after = await follow();
    expect([after.exitCode, after.stdout]).toEqual([12, expect.stringContaining('may not sign')]);
  });
});
