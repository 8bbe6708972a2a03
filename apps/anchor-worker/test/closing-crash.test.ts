/**
 * The process dies at a step of switching or closing: the next start finishes it. One log follows the other, a case each.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkLedger, readLedger, verifyAllReceipts } from '@test/check-ledger.js';
import {
  anchorAndCrash,
  closeAndCrash,
  CRASH_POINTS,
  openAndCrash,
  SWITCH_CRASH_POINTS,
  switchAndCrash,
  switchAndDrain,
} from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';

const nameOf = (n: number): string => `log-${n}`;
const originOf = (n: number): string => `notary.example/logs/${nameOf(n)}`;

let stack: TestStack;
let api: TestApi;
let http: HttpClient;
/** Of the log that takes records. */
let number = 0;

beforeAll(async () => {
  stack = await TestStack.create({ LOG_ORIGIN: originOf(0) });
  api = await stack.startApi();
  const worker = await stack.startWorker();
  http = api.http.as((await stack.createTenant()).token);
  await receiptOf(http, (await accept(http, evidenceOf())).id);
  await worker.stop();
});

afterAll(() => stack.close());

const acceptTwo = async (): Promise<Evidence[]> => [
  await accept(http, evidenceOf()),
  await accept(http, evidenceOf()),
];

const askToClose = async (): Promise<void> => {
  await stack.query('UPDATE log SET close_requested_at = now(), next_origin = $2 WHERE origin = $1', [
    originOf(number),
    originOf(number + 1),
  ]);
};

const eventsOf = async (name: string): Promise<string[]> => {
  const { events } = (await api.http.get(`/logs/${name}/events`)).json<{ events: { body: string }[] }>();
  return events.map(({ body }) => (JSON.parse(body) as { event: string }).event);
};

/** The next start closes the old log and opens the next one, each once, and loses or doubles nothing. */
async function expectFinished(inOld: readonly Evidence[], inNext: readonly Evidence[] = []): Promise<void> {
  const [old, next] = [nameOf(number), nameOf(number + 1)];
  number += 1;
  const before = await readLedger(await stack.logDirectory(old));
  const worker = await stack.startWorker();
  await eventually('the old log is closed', async () => {
    const rows = await stack.query('SELECT FROM log WHERE name = $1 AND closed_at IS NOT NULL', [old]);
    return rows.length === 1;
  });
  const after = await accept(http, evidenceOf());
  const inLogs = { [old]: inOld, [next]: [...inNext, after] };
  for (const [name, evidence] of Object.entries(inLogs)) {
    for (const receipt of await verifyAllReceipts(stack, http, evidence)) {
      const { record } = JSON.parse(receipt.toString()) as { record: string };
      expect((JSON.parse(record) as { log: string }).log).toBe(`notary.example/logs/${name}`);
    }
  }
  await worker.stop();
  expect((await checkLedger(stack, old)).slice(0, before.length)).toEqual(before);
  await checkLedger(stack, next);
  expect(await eventsOf(old)).toEqual(['open', 'close']);
  expect(await eventsOf(next)).toEqual(['open']);
  expect(readdirSync(join(stack.directory, 'keys', next))).toEqual(['log-ed25519.pem']);
}

test.each(SWITCH_CRASH_POINTS)('switching, %s', async (point) => {
  const accepted = await acceptTwo();
  await askToClose();
  await switchAndCrash(stack, point);
  await expectFinished(accepted);
});

test.each(CRASH_POINTS)('opening the next log, %s', async (point) => {
  const accepted = await acceptTwo();
  await askToClose();
  await switchAndDrain(stack);
  const inNext = await acceptTwo();
  await openAndCrash(stack, point);
  await expectFinished(accepted, inNext);
});

// The other points of a block like any other are in crash-recovery.test.ts.
test.each(CRASH_POINTS.filter((point) => point.startsWith('in')))('draining, %s', async (point) => {
  const accepted = await acceptTwo();
  await askToClose();
  await switchAndCrash(stack, 'after the switch: the next log has nothing yet');
  const inNext = await acceptTwo();
  await anchorAndCrash(stack, point, 'closing');
  await expectFinished(accepted, inNext);
});

test.each(CRASH_POINTS)('closing, %s', async (point) => {
  const accepted = await acceptTwo();
  await askToClose();
  await switchAndDrain(stack);
  const inNext = await acceptTwo();
  await closeAndCrash(stack, point);
  await expectFinished(accepted, inNext);
});
