/**
 * An installation of the first schema, with what its version had stored (testdata/first-schema), brought to this one: old
 * evidence reads, its receipts are the same bytes and verify with the trust of then, values get sealed, the log goes on.
 */
import { chmodSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDump } from '@cunzheng/persistence';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { readManifest } from '../../cli/src/backup/manifest.js';
import { readTableFile } from '../../cli/src/backup/table-files.js';
import { runCli, type CliRun } from '../../cli/test/run-cli.js';

const FIXTURE = join(__dirname, '../testdata/first-schema');
const FILES = ['contract.txt', 'minutes.txt'] as const;

let stack: TestStack;
let http: HttpClient;

beforeAll(async () => {
  stack = await TestStack.create({ LOG_ORIGIN: 'notary.example/logs/main' }, null);
  const { database } = await readManifest(FIXTURE);
  expect(database.migrations).toEqual(['Initial1763596800000', 'Attestations1763683200000']);
  await loadDump(stack.database, database, (table) => readTableFile(FIXTURE, table));
  for (const folder of ['ledger', 'keys', 'trust'])
    cpSync(join(FIXTURE, folder), join(stack.directory, folder), { recursive: true });
  chmodSync(join(stack.directory, 'keys/log-ed25519.pem'), 0o600);
  const [organization] = await stack.query<{ key: number }>('SELECT key FROM organization');
  const api = await stack.startApi();
  await stack.startWorker();
  await eventually('it sequences', () => stack.logs.some((line) => line.includes('"sequencing"')));
  http = api.http.as(await stack.createKey(organization!));
});
afterAll(() => stack.close());

const receiptFile = (file: string): string => join(FIXTURE, 'receipts', `${file}.receipt.json`);

function idOf(file: string): string {
  const { record } = JSON.parse(readFileSync(receiptFile(file), 'utf8')) as { record: string };
  return (JSON.parse(record) as { id: string }).id;
}

const cunzheng = (...args: string[]): Promise<CliRun> =>
  runCli(args, {
    cwd: stack.directory,
    env: { DATABASE_URL: stack.database.ownerUrl, DATA_DIR: stack.directory },
  });

/** What must be so before and after values are sealed. */
async function expectAllReads(): Promise<void> {
  for (const file of FILES) {
    expect((await receiptOf(http, idOf(file))).bytes).toEqual(readFileSync(receiptFile(file)));
    const args = [join(FIXTURE, 'receipts', file), '--receipt', receiptFile(file)];
    const { exitCode, stdout } = await cunzheng('verify', ...args, '--trust', join(FIXTURE, 'trust'));
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('holds')]);
  }
  for (const [reference, file] of [
    ['old-1', 'contract.txt'],
    ['old-2', 'minutes.txt'],
  ] as const) {
    const { items } = (await http.get(`/v1/evidence?clientRef=${reference}`)).json<{ items: Evidence[] }>();
    expect(items.map(({ id, clientRef, state }) => [id, clientRef, state])).toEqual([
      [idOf(file), reference, 'anchored'],
    ]);
  }
}

test('old evidence reads, and its receipts are the bytes that were handed out then', expectAllReads);

test('reencrypt seals what was stored in clear, and everything reads as before', async () => {
  const inClear = (): Promise<unknown[]> =>
    stack.query(
      `SELECT id FROM evidence WHERE client_ref IS NOT NULL OR octet_length(secrets) > 0 OR substring(content FOR 1) = '\\x7b'`,
    );
  expect(await inClear()).toHaveLength(2);
  const { exitCode, stdout } = await cunzheng('admin', 'reencrypt');
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('2 records, 1 signers')]);
  expect(await inClear()).toEqual([]);
  await expectAllReads();
});

test('the log goes on where it was, and old receipts stay as they are', async () => {
  const { id } = await accept(http, evidenceOf());
  const { bytes } = await receiptOf(http, id);
  const { inclusion } = JSON.parse(bytes.toString('utf8')) as { inclusion: { leafIndex: number } };
  // Three blocks came before: open event and header, then a record and a header each.
  expect(inclusion.leafIndex).toBe(6);
  await expectAllReads();
});
