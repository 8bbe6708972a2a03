/**
 * Traces as a collector gets them from the built programs: one connected story from a request in the API's process to its
 * block in the worker's, its cosignature, its timestamp and its webhook; and nothing of OpenTelemetry where no endpoint is set.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { OtlpCollector, type CollectedSpan } from '@test/otlp-collector.js';
import { startProcess, type TestProcess } from '@test/processes.js';
import { accept, receiptOf } from '@test/receipts.js';
import { Receiver } from '@test/receiver.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { TestWitness } from '@test/witness.js';

const CLIENT_TRACE = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const CLIENT_SPAN = 'abad1dea0badf00d';

/** Loaded into a program before all else; when told to stop it says what was loaded of OpenTelemetry. */
const SPY = `
  const { _cache } = require('node:module');
  const { writeFileSync } = require('node:fs');
  process.once('SIGTERM', () => {
    const names = Object.keys(_cache).flatMap((path) => /@opentelemetry\\/[^/]+/.exec(path) ?? []);
    writeFileSync(process.env.SPY_FOLDER + '/' + process.pid, JSON.stringify([...new Set(names)]));
  });`;

const folder = mkdtempSync(join(tmpdir(), 'cunzheng-traces-'));
const spy = join(folder, 'spy.cjs');
writeFileSync(spy, SPY);
let stack: TestStack;
let collector: OtlpCollector;

beforeAll(async () => {
  collector = await OtlpCollector.start();
  stack = await TestStack.create();
});
afterAll(async () => {
  await stack.close();
  await collector.stop();
  rmSync(folder, { recursive: true });
});

const clients: HttpClient[] = [];
afterAll(() => {
  for (const client of clients) client.close();
});

interface Running {
  readonly api: TestProcess;
  readonly worker: TestProcess;
  readonly http: HttpClient;
}

async function start(token: string, environment: NodeJS.ProcessEnv): Promise<Running> {
  const api = await startProcess(stack, 'api', environment);
  const worker = await startProcess(stack, 'anchor-worker', environment);
  const http = HttpClient.to(`http://127.0.0.1:${api.port ?? 0}`).as(token);
  clients.push(http);
  return { api, worker, http };
}

const linksTo = (from: CollectedSpan, to: CollectedSpan): boolean =>
  from.links.some(({ traceId, spanId }) => traceId === to.traceId && spanId === to.spanId);

describeWithTool('openssl', 'with an endpoint', () => {
  let receiver: Receiver;
  let witness: TestWitness;
  let pki: OpensslPki;
  let authority: TsaServer;
  let running: Running;
  let token: string;
  let evidence: string;

  beforeAll(async () => {
    receiver = await Receiver.start();
    witness = await TestWitness.start('witness.example');
    const policy = join(folder, 'policy');
    writeFileSync(policy, `witness w ${witness.key.vkey} ${witness.url}\ngroup one 1 w\nquorum one\n`);
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const certificate = pki.issue({ name: 'authority', issuer: root, extensions: TSA_EXTENSIONS });
    authority = await new OpensslTsa(pki, certificate).serve();
    writeFileSync(pki.path('list'), `${authority.url} Authority\n`);
    ({ token } = await stack.createTenant('very-private-firm'));
    running = await start(token, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      POLICY_FILE: policy,
      TSA_LIST_FILE: pki.path('list'),
      TSA_ROOTS_FILE: root.certificatePath,
      ATTEST_INTERVAL_MS: '100',
      WEBHOOK_PORTS: String(receiver.port),
    });
    const { http } = running;
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    witness.watch(log!.verifier_key);
    const endpoint = { url: receiver.url, types: ['evidence.attested'] };
    expect((await http.post('/v1/webhook-endpoints', endpoint)).status).toBe(201);
    // The log must be open before the request that is followed.
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    const sent = await http.post(
      '/v1/evidence',
      { ...evidenceOf(), clientRef: 'secret-reference' },
      { traceparent: `00-${CLIENT_TRACE}-${CLIENT_SPAN}-01` },
    );
    evidence = sent.json<{ id: string }>().id;
    await receiptOf(http, evidence);
    await http.get('/v1/evidence?clientRef=secret-reference');
  });
  afterAll(async () => {
    await receiver.stop();
    await witness.stop();
    await authority.close();
    pki.remove();
  });

  const collected = (name: string, suits: (span: CollectedSpan) => boolean): Promise<CollectedSpan> =>
    eventually(`the span ${name}`, () => Promise.resolve(collector.named(name).find(suits)));
  const inRequest = ({ traceId }: CollectedSpan): boolean => traceId === CLIENT_TRACE;

  test('one story leads from the request, which goes on with the trace of its client, to the published block', async () => {
    const request = await collected('POST /v1/evidence', inRequest);
    expect(request).toMatchObject({ service: 'cunzheng-api', parentSpanId: CLIENT_SPAN, kind: 2 });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/evidence',
      'http.response.status_code': 202,
    });
    const parcel = await collected('store parcel', inRequest);
    expect(parcel).toMatchObject({ service: 'cunzheng-api', parentSpanId: request.spanId });
    const anchored = await collected('anchor evidence', inRequest);
    expect(anchored).toMatchObject({ service: 'cunzheng-worker', parentSpanId: request.spanId });
    const block = await collected('anchor block', (span) => linksTo(anchored, span));
    expect(linksTo(block, request)).toBe(true);
    expect(block.attributes).toMatchObject({ 'cunzheng.records': 1 });
    for (const step of [
      'prepare batch',
      'append to ledger',
      'write tiles',
      'store signed checkpoint',
      'publish checkpoint',
    ])
      await collected(
        step,
        ({ traceId, parentSpanId }) => traceId === block.traceId && parentSpanId === block.spanId,
      );
    await collected('cosign checkpoint', (span) => linksTo(span, block));
    const stamped = await collected(
      'stamp checkpoint',
      (span) => linksTo(span, block) && !('error.type' in span.attributes),
    );
    expect(stamped).toMatchObject({ service: 'cunzheng-worker', kind: 3 });
    expect(Object.keys(stamped.attributes)).toEqual(['cunzheng.tree_size']);
    const delivered = await collected('deliver webhook', (span) => linksTo(span, block));
    expect(delivered.attributes).toMatchObject({
      'cunzheng.event': 'evidence.attested',
      'http.response.status_code': 204,
    });
  });

  test('requests without a trace of their own begin one, failures say so, probes leave none', async () => {
    const { http } = running;
    await http.get('/health/ready');
    await http.get('/made/up/path');
    const unmatched = await collected('GET unmatched', () => true);
    expect(unmatched.parentSpanId).toBeUndefined();
    expect(unmatched.attributes).toMatchObject({ 'http.response.status_code': 404 });
    expect(collector.spans.filter(({ name }) => name.includes('health'))).toEqual([]);
  });

  test('a trace that its client does not record is not recorded here', async () => {
    const { http } = running;
    const header = { traceparent: '00-dead0000dead0000dead0000dead0000-abad1dea0badf00d-00' };
    const { id } = (await http.post('/v1/evidence', evidenceOf(), header)).json<{ id: string }>();
    await receiptOf(http, id);
    await http.get('/v1/members');
    await collected('GET /v1/members', () => true);
    expect(collector.bodies.join('')).not.toContain('dead0000');
  });

  test('nothing private is in any of it, and the programs send what is left when they stop', async () => {
    await running.http.get('/v1/api-keys');
    await running.api.end('SIGTERM');
    await running.worker.end('SIGTERM');
    expect(collector.named('GET /v1/api-keys')).toHaveLength(1);
    const all = collector.bodies.join('\n');
    for (const secret of [
      'very-private-firm',
      'secret-reference',
      evidence,
      token,
      'made/up',
      receiver.url,
      '127.0.0.1',
    ])
      expect(all).not.toContain(secret);
  });
});

describe('what is loaded', () => {
  async function loadedBy(environment: NodeJS.ProcessEnv): Promise<string[]> {
    const seen = mkdtempSync(join(folder, 'loaded-'));
    const { token } = await stack.createTenant();
    const { api, worker, http } = await start(token, {
      NODE_OPTIONS: `--require=${spy}`,
      SPY_FOLDER: seen,
      ...environment,
    });
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await api.end('SIGTERM');
    await worker.end('SIGTERM');
    const files = readdirSync(seen);
    expect(files).toHaveLength(2);
    return [
      ...new Set(files.flatMap((name) => JSON.parse(readFileSync(join(seen, name), 'utf8')) as string[])),
    ].sort();
  }

  test('nothing of the SDK without an endpoint, or when it is disabled; prom-client brings the bare API', async () => {
    expect(await loadedBy({})).toEqual(['@opentelemetry/api']);
    const disabled = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' };
    expect(await loadedBy(disabled)).toEqual(['@opentelemetry/api']);
  });

  test('the SDK with one', async () => {
    expect(await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toEqual(
      expect.arrayContaining(['@opentelemetry/sdk-trace-base', '@opentelemetry/exporter-trace-otlp-http']),
    );
  });
});
