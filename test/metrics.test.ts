/** Metrics and health: the page is the code, every stage leaves numbers, nothing private does, and degraded says why. */
import { readFileSync } from 'node:fs';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi, type TestWorker } from '@test/stack.js';
import { ApiMetrics } from '../apps/api/src/metrics/api-metrics.js';
import { MetricsEndpoint } from '../apps/api/src/metrics/metrics-endpoint.js';
import { WorkerMetrics } from '../apps/anchor-worker/src/metrics/worker-metrics.js';
import { Worker } from '../apps/anchor-worker/src/worker.js';

interface Described {
  readonly name: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly program: string;
}

const page = readFileSync('docs/operations/metrics.md', 'utf8');

function describeRegistry(program: string, { registry }: ApiMetrics | WorkerMetrics): Described[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as {
      name: string;
      type: string;
      labelNames: string[];
    };
    return { name, kind: type, labels: labelNames, program };
  });
}

function documented(): Described[] {
  return [...page.matchAll(/^\| `(cunzheng_\w+)` \| (\w+) \| (.+?) \| (\w+) \|/gm)].map(
    ([, name, kind, labels, program]) => ({
      name: name!,
      kind: kind!,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
      program: program!,
    }),
  );
}

const byName = (left: Described, right: Described): number => (left.name < right.name ? -1 : 1);

describe('docs/operations/metrics.md', () => {
  test('lists every metric with its kind, labels and program, and no other', () => {
    const registered = [
      ...describeRegistry('API', new ApiMetrics(false)),
      ...describeRegistry('worker', new WorkerMetrics(false)),
    ];
    expect(documented().sort(byName)).toEqual(registered.sort(byName));
  });

  test('alerts and stages name metrics that exist', () => {
    const names = documented().map(({ name }) => name);
    const used = [...page.matchAll(/cunzheng_\w+/g)].map(([name]) => name.replace(/_count$/, ''));
    expect([...new Set(used)].filter((name) => !names.includes(name))).toEqual([]);
  });
});

test('every stage that a record goes through has its metrics on the page', () => {
  const stages = [...page.matchAll(/^\| ([a-z]+) \| `cunzheng_/gm)].map(([, stage]) => stage);
  expect(stages).toEqual([
    'accepted',
    'queued',
    'batch',
    'append',
    'checkpoint',
    'cosignatures',
    'timestamps',
    'deliveries',
    'errors',
  ]);
});

describe('a service that is watched', () => {
  let stack: TestStack;
  let api: TestApi;
  let worker: TestWorker;
  let token: string;

  beforeAll(async () => {
    stack = await TestStack.create({
      LOG_ORIGIN: 'notary.example/logs/main',
      METRICS_PORT: '0',
      WORKER_METRICS_PORT: '0',
    });
    api = await stack.startApi();
    worker = await stack.startWorker();
    ({ token } = await stack.createTenant('very-private-firm'));
  });
  afterAll(() => stack.close());

  const ports = (): { api: HttpClient; worker: HttpClient } => ({
    api: HttpClient.to(`http://127.0.0.1:${api.app.get(MetricsEndpoint).port}`),
    worker: HttpClient.to(`http://127.0.0.1:${worker.app.get(Worker).metricsPort}`),
  });

  const numberOf = (text: string, line: string): number | undefined => {
    const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  };

  test('counts what went through each stage, by route template, and names nobody', async () => {
    const http = api.http.as(token);
    const evidence = await accept(http, { ...evidenceOf(), clientRef: 'secret-reference' });
    await receiptOf(http, evidence.id);
    await http.get('/v1/evidence?clientRef=secret-reference');
    await api.http.get('/made/up/path');
    const clients = ports();
    const shown = await eventually('the answers are counted', async () => {
      const { text } = await clients.api.get('/metrics');
      return text.includes('route="unmatched",status="404"') && text;
    });
    // Counted once the block is published, which is a moment after there is a receipt.
    const watched = await eventually('the block is counted', async () => {
      const { text } = await clients.worker.get('/metrics');
      return numberOf(text, 'cunzheng_batch_records_sum') === 1 && text;
    });
    expect(numberOf(shown, 'cunzheng_evidence_accepted_total')).toBe(1);
    expect(numberOf(shown, 'cunzheng_intake_buffered_records')).toBe(0);
    expect(numberOf(shown, 'cunzheng_intake_store_duration_seconds_count')).toBe(1);
    expect(shown).toMatch(/_count\{method="POST",route="\/v1\/evidence",status="202"\} 1\n/);
    for (const step of ['prepare', 'append', 'tiles', 'anchor', 'publish'])
      expect(numberOf(watched, `cunzheng_block_step_duration_seconds_count{step="${step}"}`)).toBe(2);
    expect(numberOf(watched, 'cunzheng_pending_records')).toBe(0);
    expect(numberOf(watched, 'cunzheng_checkpoint_tree_size')).toBe(4);
    expect(numberOf(watched, 'cunzheng_sequencer_heartbeat_age_seconds')).toBeLessThan(30);
    expect(numberOf(watched, 'cunzheng_ledger_disk_free_bytes')).toBeGreaterThan(0);
    expect(numberOf(watched, 'cunzheng_clock_state')).toBe(0);
    expect(Math.abs(numberOf(watched, 'cunzheng_clock_database_offset_seconds')!)).toBeLessThan(10);
    expect(numberOf(watched, 'cunzheng_clock_confirmed_bound_seconds')).toBeNaN();
    for (const secret of ['very-private-firm', 'secret-reference', evidence.id, 'made/up'])
      expect(shown + watched).not.toContain(secret);
    for (const client of Object.values(clients)) client.close();
  });

  test('serves neither on the public port', async () => {
    for (const path of ['/metrics', '/health']) expect((await api.http.get(path)).status).toBe(404);
  });

  test('is degraded, with a reason, while its worker is away or records wait, and keeps serving', async () => {
    await worker.stop();
    await stack.query("UPDATE worker_heartbeat SET beat_at = now() - interval '5 minutes'");
    await accept(api.http.as(token), evidenceOf());
    await stack.query("UPDATE parcel SET created_at = now() - interval '2 minutes' WHERE height IS NULL");
    const degraded = await eventually('it is degraded', async () => {
      const answer = await api.http.get('/health/ready');
      const health = answer.json<{ status: string; reasons: { code: string; detail: string }[] }>();
      return answer.status === 200 && health.reasons.length === 2 && health;
    });
    expect(degraded).toMatchObject({
      status: 'degraded',
      log: 'notary.example/logs/main',
      reasons: [
        {
          code: 'worker-silent',
          detail: expect.stringMatching(/^no worker has sequenced for 3\d\d s$/) as string,
        },
        {
          code: 'records-wait',
          detail: expect.stringMatching(/^accepted evidence has waited 1\d\d s/) as string,
        },
      ],
    });
    worker = await stack.startWorker();
    await eventually('it is well again', async () => {
      const { status } = (await api.http.get('/health/ready')).json<{ status: string }>();
      return status === 'ready';
    });
  });

  test('says so when checkpoints do not get what the policy wants', async () => {
    await stack.query("UPDATE log SET policy = 'x', policy_since = now() - interval '1 day'");
    await stack.query("UPDATE checkpoint SET signed_at = now() - interval '1 hour'");
    const clients = ports();
    const health = (await clients.worker.get('/health')).json();
    expect(health).toMatchObject({ status: 'degraded', reasons: [{ code: 'not-attested' }] });
    for (const client of Object.values(clients)) client.close();
    await stack.query('UPDATE log SET policy = NULL');
  });
});
