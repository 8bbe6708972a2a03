/**
 * Webhooks of a log with a policy: `cunzheng witness`, a process of its own, cosigns, and a receiver is told twice: when a
 * record is anchored, and when outside parties vouch for it. And what the worker counts meanwhile.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createVerifier, formatTrustFolder, parsePolicy, parseTrust } from '@cunzheng/receipt';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { answer, Receiver } from '@test/receiver.js';
import { TestStack, type TestApi, type TestWorker } from '@test/stack.js';
import { startWitness, type WitnessProcess } from '../../cli/test/witness-process.js';
import { Worker } from '../src/worker.js';

describe('webhooks of a log with a witness', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let worker: TestWorker;
  let witness: WitnessProcess;
  let receiver: Receiver;
  let logKey: string;
  let policy: string;

  // A witness is told the log's key, and the log the witness's: the log comes first, without a policy.
  beforeAll(async () => {
    stack = await TestStack.create({ ATTEST_INTERVAL_MS: '100', WORKER_METRICS_PORT: '0' });
    receiver = await Receiver.start();
    const before = await stack.startWorker();
    logKey = await eventually('the log is open', async () => {
      const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
      return log?.verifier_key;
    });
    await before.stop();
    witness = await startWitness(stack.directory, [
      '--log',
      logKey,
      '--state',
      'w',
      '--name',
      'court.example/w',
    ]);
    policy = `witness court ${witness.vkey} ${witness.url}\nquorum court\n`;
    writeFileSync(join(stack.directory, 'policy'), policy);
    api = await stack.startApi();
    worker = await stack.startWorker({ POLICY_FILE: join(stack.directory, 'policy') });
    http = api.http.as((await stack.createTenant()).token);
  });
  afterAll(async () => {
    await stack.close();
    await witness.end();
    await receiver.stop();
  });

  const createEndpoint = async (url: string, types: string[]): Promise<{ id: string; secret: string }> => {
    const { id } = (await http.post('/v1/webhook-endpoints', { url, types })).json<{ id: string }>();
    const { secrets } = (await http.get(`/v1/webhook-endpoints/${id}/secret`)).json<{
      secrets: { secret: string }[];
    }>();
    return { id, secret: secrets[0]!.secret };
  };

  test('evidence.attested arrives, signed, and the receipt it names then holds by the witness', async () => {
    const types = ['evidence.anchored', 'evidence.attested', 'batch.anchored'];
    const { secret } = await createEndpoint(receiver.url, types);
    const { id } = await accept(http, { ...evidenceOf(), title: 'private title' });
    const attested = await eventually('told of it', () => receiver.ofType('evidence.attested')[0]);
    const anchored = await eventually('told before', () => receiver.ofType('evidence.anchored')[0]);
    const batch = await eventually('told of the batch', () => receiver.ofType('batch.anchored')[0]);
    expect(anchored.data).toMatchObject({ evidence: id, final: false });
    expect(attested.data).toEqual({ ...anchored.data, final: true });
    const webhook = new Webhook(secret);
    for (const { body, headers } of receiver.received) {
      expect(webhook.verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
      expect(body).not.toContain('private');
    }

    const receipt = await http.get(attested.data['receipt'] as string);
    const trusted = parsePolicy(nativeCrypto, `log ${logKey}\n${policy}`);
    const trust = parseTrust(nativeCrypto, formatTrustFolder({ policy: trusted }));
    const report = await createVerifier({ crypto: nativeCrypto, trust }).verify(receipt.bytes);
    expect(report).toMatchObject({ verdict: 'holds', existedBy: { according: 'witnesses' } });

    // The path that came with the batch was good before the witness had cosigned, and still is.
    expect(batch.data).toMatchObject({ final: false });
    expect(batch.data['receipts']).toMatch(/^\/v1\/receipts\?log=[\w-]+&blockHeight=\d+&state=anchored$/);
    const [line, end] = (await http.get(batch.data['receipts'] as string)).text.trimEnd().split('\n');
    expect(JSON.parse(line!)).toMatchObject({ evidence: id, receipt: receipt.text });
    expect(JSON.parse(end!)).toMatchObject({ end: true });
  });

  test('metrics tell deliveries by outcome, how long the first attempt took, and disabled endpoints', async () => {
    const metrics = HttpClient.to(`http://127.0.0.1:${worker.app.get(Worker).metricsPort}`);
    const gone = await Receiver.start(answer(410));
    try {
      const shown = async (name: string): Promise<number> => {
        const { text } = await metrics.get('/metrics');
        const line = text.split('\n').find((candidate) => candidate.startsWith(`cunzheng_webhook_${name} `));
        return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
      };
      const attempts = await shown('first_attempt_delay_seconds_count');
      expect(await shown('disabled_endpoints')).toBe(0);
      const { id } = await createEndpoint(gone.url, ['endpoint.disabled']);
      await http.post(`/v1/webhook-endpoints/${id}/test`, {});
      await eventually('it is counted', async () => (await shown('disabled_endpoints')) === 1);
      expect(await shown('first_attempt_delay_seconds_count')).toBe(attempts + 1);
      expect(await shown('deliveries_total{outcome="succeeded"}')).toBeGreaterThanOrEqual(3);
      expect(await shown('attempt_duration_seconds_count{outcome="failed"}')).toBe(1);
      // What waits for an endpoint that is disabled is not overdue.
      expect([await shown('pending_deliveries'), await shown('oldest_due_seconds')]).toEqual([1, 0]);
      expect((await metrics.get('/metrics')).text).not.toContain(id);
    } finally {
      metrics.close();
      await gone.stop();
    }
  });
});
