/** Never two histories: whatever else the worker finds, it stops and says which block, which setting and the way out. */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createVerifier, parseTrust } from '@cunzheng/receipt';
import { checkLedger, verifyAllReceipts } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { readFolder } from '@test/files.js';
import { runToEnd } from '@test/processes.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { HistoryConflictError } from '../src/sequencer/history-conflict.js';

/** A stack at rest with a few blocks, and what was accepted. */
async function stackWithBlocks(
  environment: Parameters<typeof TestStack.create>[0] = {},
): Promise<{ stack: TestStack; accepted: Evidence[] }> {
  const stack = await TestStack.create(environment);
  const api = await stack.startApi();
  const worker = await stack.startWorker();
  const http = api.http.as((await stack.createTenant()).token);
  const accepted: Evidence[] = [];
  for (let index = 0; index < 3; index += 1) {
    accepted.push(await accept(http, evidenceOf()));
    await receiptOf(http, accepted.at(-1)!.id);
  }
  await worker.stop();
  return { stack, accepted };
}

describe('two histories', () => {
  let stack: TestStack;
  let directory: string;

  beforeEach(async () => {
    ({ stack } = await stackWithBlocks());
    directory = await stack.logDirectory();
  });

  afterEach(() => stack.close());

  /** The worker must end with this error and leave ledger and database as they are. */
  async function expectStop(message: RegExp, type: string = HistoryConflictError.name): Promise<void> {
    const files = (): Map<string, Buffer> =>
      new Map([...readFolder(directory)].filter(([name]) => name !== 'lock'));
    const rows = (): Promise<unknown[]> =>
      stack.query(
        'SELECT b.*, c.tree_size, c.note FROM block b LEFT JOIN checkpoint c USING (log, height) ORDER BY b.height',
      );
    const before = [files(), await rows()];
    const worker = await stack.startWorker();
    const error = await worker.finished.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ name: type });
    expect(error?.message).toMatch(message);
    await worker.stop();
    expect([files(), await rows()]).toEqual(before);
  }

  test('the key of a log that the database has forgotten opens no second one', async () => {
    for (const table of [
      'worker_heartbeat',
      'checkpoint',
      'log_event',
      'evidence',
      'parcel',
      'block',
      'log_key',
      'log',
    ])
      await stack.query(`DELETE FROM ${table}`);
    await expect(stack.startWorker()).rejects.toThrow(/is the key of a log that this database does not know/);
    expect(await stack.query('SELECT FROM log')).toEqual([]);
  });

  test('older database and older ledger, but a newer checkpoint was published: nothing more is signed', async () => {
    const [highest] = await stack.query<{ height: string }>('SELECT max(height) AS height FROM block');
    const at = [highest!.height];
    await stack.query('DELETE FROM checkpoint WHERE height >= $1', at);
    await stack.query('UPDATE parcel SET height = NULL, first_leaf = NULL WHERE height >= $1', at);
    await stack.query('DELETE FROM block WHERE height >= $1', at);
    for (const name of ['segments', 'tile']) rmSync(join(directory, name), { recursive: true });
    const worker = await stack.startWorker();
    await expect(worker.finished).rejects.toMatchObject({
      name: HistoryConflictError.name,
      message: expect.stringContaining('has published a checkpoint of tree size') as unknown,
    });
    expect(await stack.query('SELECT FROM checkpoint WHERE height >= $1', at)).toEqual([]);
  });

  test('the database has forgotten every block: all are taken back from the ledger', async () => {
    const before = await checkLedger(stack);
    const rows = (): Promise<unknown[]> =>
      stack.query('SELECT height, tree_size, note FROM checkpoint ORDER BY height');
    const checkpoints = await rows();
    for (const table of ['checkpoint', 'log_event']) await stack.query(`DELETE FROM ${table}`);
    await stack.query('UPDATE parcel SET height = NULL, first_leaf = NULL');
    await stack.query('DELETE FROM block');
    const worker = await stack.startWorker();
    await eventually(
      'it sequences',
      () => stack.logs.filter((line) => line.includes('"sequencing"')).length > 1,
    );
    await worker.stop();
    expect(await checkLedger(stack)).toEqual(before);
    // Signed again, they are the same notes.
    expect(await rows()).toEqual(checkpoints);
  });

  test('a waiting parcel of which the ledger has a part', async () => {
    const [newest] = await stack.query<{ height: number }>('SELECT max(height)::int AS height FROM block');
    const at = [newest!.height];
    await stack.query('DELETE FROM checkpoint WHERE height = $1', at);
    await stack.query(
      `UPDATE parcel SET height = NULL, first_leaf = NULL, n = 2, entries = entries || decode(repeat('00', 68), 'hex')
       WHERE height = $1`,
      at,
    );
    await stack.query('DELETE FROM block WHERE height = $1', at);
    await expectStop(new RegExp(`block ${newest!.height} of the ledger has a part of the waiting parcel`));
  });

  test('the last block differs', async () => {
    const elsewhere = await stackWithBlocks({
      LOG_ORIGIN: (await stack.query<{ origin: string }>('SELECT origin FROM log'))[0]!.origin,
    });
    rmSync(directory, { recursive: true });
    cpSync(await elsewhere.stack.logDirectory(), directory, { recursive: true });
    await elsewhere.stack.close();
    await expectStop(/block \d+ differs between the ledger and the database/);
  });

  test('an older ledger that does not lead to the checkpoints of the database', async () => {
    // The database's checkpoints are of another tree: completing this ledger from its blocks must not reach them.
    const [{ note } = { note: Buffer.of() }] = await stack.query<{ note: Buffer }>(
      'SELECT note FROM checkpoint ORDER BY height DESC LIMIT 1',
    );
    const lines = note.toString().split('\n');
    lines[2] = Buffer.alloc(32, 7).toString('base64');
    await stack.query('UPDATE checkpoint SET note = $1 WHERE height = (SELECT max(height) FROM checkpoint)', [
      Buffer.from(lines.join('\n')),
    ]);
    await expectStop(/checkpoint signed for block \d+ .* is not the root of this ledger/);
  });

  test('an anchored block without its checkpoint', async () => {
    await stack.query('DELETE FROM checkpoint WHERE height = (SELECT max(height) FROM checkpoint)');
    await expectStop(/anchored in the database without a checkpoint/);
  });

  test('a stored parcel was changed, and the ledger has to be completed from it', async () => {
    rmSync(directory, { recursive: true });
    await stack.query(
      "UPDATE parcel SET entries = overlay(entries PLACING '\\xff' FROM 20) WHERE height = 2",
    );
    const worker = await stack.startWorker();
    await expect(worker.finished).rejects.toMatchObject({ name: 'LedgerError', code: 'batch-root-mismatch' });
  });

  test('a parcel of a block is gone', async () => {
    rmSync(directory, { recursive: true });
    await stack.query('DELETE FROM parcel WHERE height = 2');
    const worker = await stack.startWorker();
    await expect(worker.finished).rejects.toMatchObject({
      name: 'PersistenceError',
      code: 'row-damaged',
      message: expect.stringContaining('block 2') as string,
    });
  });

  test('the last block of the ledger was changed on disk', async () => {
    const path = join(directory, 'segments', `${'0'.repeat(12)}.seg`);
    const bytes = readFileSync(path);
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(path, bytes);
    const worker = await stack.startWorker();
    let ended: string | undefined;
    worker.finished.catch((error: unknown) => (ended = (error as Error).name));
    const sequences = (): boolean => stack.logs.filter((line) => line.includes('"sequencing"')).length > 1;
    const outcome = await eventually('it sequences or ends', () => ended ?? sequences());
    // Either it refuses, or it has put the very bytes back from the database; never a block of its own in that place.
    if (outcome === true) {
      await worker.stop();
      await checkLedger(stack);
    } else expect(outcome).toBe('LedgerError');
  });
});

describe('which log this is', () => {
  test('LOG_ORIGIN names the log; another one is refused by name, also by the process', async () => {
    const { stack, accepted } = await stackWithBlocks({ LOG_ORIGIN: 'notary.example:8443/logs/main' });
    const [log] = await stack.query<{ origin: string; name: string }>('SELECT origin, name FROM log');
    expect(log).toEqual({ origin: 'notary.example:8443/logs/main', name: 'main' });
    expect(JSON.parse(accepted[0]!.record)).toMatchObject({ log: 'notary.example:8443/logs/main' });
    await expect(stack.startWorker({ LOG_ORIGIN: 'notary.example/logs/main' })).rejects.toThrow(
      /LOG_ORIGIN is notary\.example\/logs\/main, but the open log is notary\.example:8443\/logs\/main/,
    );
    const refused = await runToEnd(stack, 'anchor-worker', { LOG_ORIGIN: 'other.example/logs/main' });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('LOG_ORIGIN is other.example/logs/main');
    // Without the setting the open log goes on.
    const worker = await stack.startWorker();
    await worker.stop();
    await checkLedger(stack);
    await stack.close();
  });

  test('the key is made once, for its owner alone; without it, or with another, the log is refused', async () => {
    const { stack } = await stackWithBlocks();
    const path = join(stack.directory, 'keys', 'log-ed25519.pem');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(stack.directory, 'keys')).mode & 0o777).toBe(0o700);
    const pem = readFileSync(path);
    expect(stack.logs.some((line) => line.includes(pem.toString().split('\n')[1]!))).toBe(false);
    rmSync(path);
    await expect(stack.startWorker()).rejects.toThrow(
      /log-ed25519\.pem is missing, but the log is open already.*KEYS_DIR/,
    );
    expect(() => statSync(path)).toThrow();
    writeFileSync(path, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(stack.startWorker()).rejects.toThrow(/the key in KEYS_DIR is not the key of/);
    writeFileSync(
      path,
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    await expect(stack.startWorker()).rejects.toThrow(/no Ed25519 key/);
    writeFileSync(path, pem);
    const worker = await stack.startWorker();
    await worker.stop();
    await checkLedger(stack);
    await stack.close();
  });

  test("the trust folder that is written verifies receipts, and is its owner's: never overwritten", async () => {
    const { stack, accepted } = await stackWithBlocks();
    const folder = join(stack.directory, 'trust');
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const roots = ['tsa-roots.pem', 'signer-roots.pem'].filter((name) => existsSync(join(folder, name)));
    const trust = parseTrust(nativeCrypto, {
      policy: text('policy'),
      'trust.json': text('trust.json'),
      ...Object.fromEntries(roots.map((name) => [name, text(name)])),
    });
    const api = await stack.startApi();
    const [{ id } = { id: '' }] = await stack.query<{ id: string }>('SELECT id FROM organization');
    const token = await stack.createKey(
      (await stack.query<{ key: number }>('SELECT key FROM organization WHERE id = $1', [id]))[0]!,
    );
    const [receipt] = await verifyAllReceipts(stack, api.http.as(token), accepted.slice(0, 1));
    expect((await createVerifier({ crypto: nativeCrypto, trust }).verify(receipt!)).verdict).toBe('holds');
    writeFileSync(join(folder, 'policy'), '# mine\n');
    const worker = await stack.startWorker();
    await worker.stop();
    expect(text('policy')).toBe('# mine\n');
    await stack.close();
  });

  test('two workers that start at once on an empty database open one log', async () => {
    const stack = await TestStack.create();
    const workers = await Promise.all([stack.startWorker(), stack.startWorker()]);
    await eventually('block 0', async () => (await stack.query('SELECT FROM checkpoint')).length === 1);
    for (const worker of workers) await worker.stop();
    expect(await stack.query('SELECT FROM log')).toHaveLength(1);
    expect(await checkLedger(stack)).toHaveLength(1);
    await stack.close();
  });
});
