/** Backups put back where someone remembers more: a witness, a follower, the published checkpoint. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkLedger, readLedger } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { accept, receiptOf } from '@test/receipts.js';
import { type TestWorker } from '@test/stack.js';
import { type CliRun } from '../../cli/test/run-cli.js';
import { startWitness, type WitnessProcess } from '../../cli/test/witness-process.js';
import { RestoreScene } from './restore-scene.js';

let scene: RestoreScene;
const witnesses: WitnessProcess[] = [];

beforeEach(async () => {
  scene = await RestoreScene.create();
});

afterEach(async () => {
  await scene.stack.close();
  for (const witness of witnesses.splice(0)) await witness.end('SIGKILL');
});

const vkey = async (): Promise<string> =>
  (await scene.stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log'))[0]!.verifier_key;

describe('with someone who remembers', () => {
  const policyFile = (): string => join(scene.stack.directory, 'policy');
  const environment = (): Record<string, string> => ({
    POLICY_FILE: policyFile(),
    ATTEST_INTERVAL_MS: '100',
    // It is to be heard before anything is written.
    WITNESS_TIMEOUT_MS: '60000',
  });

  async function startWitnessed(): Promise<TestWorker> {
    const witness = await startWitness(scene.stack.directory, [
      '--log',
      await vkey(),
      '--state',
      'witness',
      '--name',
      'court.example/w1',
    ]);
    witnesses.push(witness);
    writeFileSync(policyFile(), `witness court ${witness.vkey} ${witness.url}\nquorum court\n`);
    return await scene.startSequencing(environment());
  }
  const attested = async (): Promise<void> => {
    await eventually('the newest checkpoint is attested', async () => {
      const [row] = await scene.stack.query<{ behind: number }>(
        'SELECT count(*)::int AS behind FROM checkpoint c WHERE tree_size > (SELECT coalesce(max(tree_size), 0) FROM attestation WHERE attested_at IS NOT NULL)',
      );
      return row!.behind === 0;
    });
  };

  test('an older database is brought to what the witness has seen, and the witness goes on', async () => {
    const waiting = await accept(scene.http, evidenceOf());
    const backup = await scene.takeBackup();
    let worker = await startWitnessed();
    await receiptOf(scene.http, waiting.id);
    await attested();
    await worker.stop();
    await scene.withApiStopped(() => backup.restoreDatabase());
    worker = await scene.startSequencing(environment());
    await receiptOf(scene.http, (await accept(scene.http, evidenceOf())).id);
    await attested();
    await worker.stop();
    await checkLedger(scene.stack);
  });

  test('both older: the witness stops the worker before it writes anything', async () => {
    const backup = await scene.takeBackup();
    const worker = await startWitnessed();
    await scene.anchorSome(1);
    await attested();
    await worker.stop();
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    const later = await accept(scene.http, evidenceOf());
    const before = await readLedger(await scene.stack.logDirectory());
    const stopped = await scene.stack.startWorker(environment());
    await expect(stopped.finished).rejects.toThrow(
      /the witness court has cosigned size \d+, beyond our \d+: was an older ledger restored/,
    );
    await stopped.stop();
    expect(await readLedger(await scene.stack.logDirectory())).toEqual(before);
    expect((await scene.http.get(`/v1/evidence/${later.id}`)).json<Evidence>().state).toBe('accepted');
  });

  test('both older, and nobody but a follower remembers: it finds the rollback, and the fork after it', async () => {
    const backup = await scene.takeBackup();
    let worker = await scene.startSequencing();
    await scene.anchorSome(1);
    await worker.stop();
    const follow = (): Promise<CliRun> =>
      scene.cunzheng(
        '--json',
        'follow',
        `${scene.api.url}/logs/${scene.name}`,
        '--once',
        '--state',
        'state',
        '--trust',
        'trust',
      );
    expect(await follow()).toMatchObject({ exitCode: 0, stderr: '' });
    const state = readFileSync(join(scene.stack.directory, 'state'));
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    expect((await follow()).exitCode).toBe(11);
    // Nothing here knows better: the worker goes on, with another history.
    worker = await scene.startSequencing();
    await scene.anchorSome(4);
    await worker.stop();
    writeFileSync(join(scene.stack.directory, 'state'), state);
    const forked = await follow();
    expect(forked.exitCode).toBe(10);
    const { file } = JSON.parse(forked.stdout) as { file: string };
    const evidence = JSON.parse(readFileSync(join(scene.stack.directory, file), 'utf8')) as {
      seen: string;
      served: string;
    };
    for (const note of [evidence.seen, evidence.served]) expect(note.split('\n')[0]).toBe(scene.origin);
  });

  test('both older, and the published checkpoint was left in place: the worker says what is missing', async () => {
    const backup = await scene.takeBackup();
    const worker = await scene.startSequencing();
    await scene.anchorSome(1);
    await worker.stop();
    const path = join(await scene.stack.logDirectory(), 'checkpoint');
    const newest = readFileSync(path);
    await scene.withApiStopped(() => backup.restoreDatabase());
    backup.restoreLedger();
    writeFileSync(path, newest);
    await scene.expectStop(
      /has published a checkpoint of tree size \d+, but ledger and database reach only \d+/,
    );
  });
});
