/** No private byte in logs, queue payloads or the public ledger: names are planted everywhere and looked for everywhere. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { formatTimestampQuery } from '@cunzheng/timestamp/node';
import { parseTimestampResponse } from '@cunzheng/timestamp';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  fingerprintOf,
  registerSigner,
  signEnvelope,
  statementOf,
} from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { Planted, type Scan } from '@test/planted.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

const planted = new Planted();
/** Stands in every private text that is sent. */
const PLANTED = planted.word;
const plant = (what: string): string => planted.text(what);

const expectClean = ({ looked, found }: Scan, atLeastBytes: number): void => {
  expect(found).toEqual([]);
  expect(looked).toBeGreaterThan(atLeastBytes);
};

interface LogLine {
  readonly name: string;
  readonly msg: string;
  readonly reqId?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
}

describe('private bytes', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let publicPaths: Record<string, string>;

  const privateEvidence = (document: string): object => {
    const { fingerprints } = evidenceOf(plant(document), ['sha-256', 'sm3']);
    planted.secrets.push(...fingerprints.map(({ digest }) => digest));
    return {
      fingerprints,
      title: plant('title'),
      clientRef: plant(`reference ${document}`),
      provenance: plant('provenance'),
      metadata: [{ name: plant('metadata name'), value: plant('metadata value') }],
      signers: [
        { name: plant('signer'), identifiers: [{ scheme: plant('scheme'), value: plant('identifier') }] },
      ],
    };
  };

  beforeAll(async () => {
    stack = await TestStack.create({ TSA_ENABLED: 'true' });
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant(`${PLANTED}-org`);
    planted.secrets.push(tenant.token.split('_')[2]!);
    http = api.http.as(tenant.token);
    await receiptOf(http, (await accept(http, privateEvidence('opens'))).id);
    await useEverything();
    publicPaths = await publish();
    await worker.stop();
    // What comes now stays in the queue.
    await accept(http, privateEvidence('queued'));
    await failInside();
  });

  afterAll(() => stack.close());

  /** Every route, well and badly used, with planted names in bodies, headers, paths and queries. */
  async function useEverything(): Promise<void> {
    const key = createSigningKey();
    await registerSigner(http, plant('registered signer'), key);
    await http.post('/v1/evidence', {
      envelope: signEnvelope(canonical(statementOf(tenant.id, [key], { title: plant('signed title') })), [
        key,
      ]),
    });
    await http.post('/v1/evidence', {
      envelope: signEnvelope(canonical(statementOf(plant('other org'), [key])), [key]),
    });
    await http.post('/v1/evidence', privateEvidence('keyed'), { 'idempotency-key': plant('idempotency') });
    await http.post('/v1/evidence', privateEvidence('other'), { 'idempotency-key': plant('idempotency') });
    await http.post('/v1/evidence/batch', {
      items: [privateEvidence('one'), { ...privateEvidence('two'), [plant('member')]: 1 }],
    });
    await http.post('/v1/evidence', `{"title":"${plant('broken')}`);
    await http.post('/v1/evidence', { ...evidenceOf(), title: `${plant('nul')}\0` });
    await http.post('/v1/evidence', privateEvidence('conflict'));
    await http.post('/v1/evidence', { ...privateEvidence('conflict'), ...evidenceOf() });
    await http.post('/v1/evidence', plant('text'), { 'content-type': 'text/plain' });
    for (const query of [
      `clientRef=${plant('query')}`,
      `fingerprint=sha-256:${fingerprintOf(plant('one')).digest}`,
      `${plant('parameter')}=1`,
      `cursor=${plant('cursor')}`,
    ]) {
      await http.get(`/v1/evidence?${encodeURI(query)}`);
    }
    for (const path of [
      `/v1/evidence/${plant('id')}`,
      `/${plant('nowhere')}?token=${plant('token')}`,
      `/v1/evidence/%zz${PLANTED}`,
      `/logs/${PLANTED}/checkpoint`,
      `/v1/evidence/${PLANTED.repeat(20)}`,
    ]) {
      await http.get(path, { 'x-request-id': 'harmless', 'x-planted': PLANTED, cookie: plant('cookie') });
    }
    await http.get('/health/live', { 'x-request-id': `${plant('request id')} with spaces` });
    await api.http.get('/v1/evidence', { authorization: `Bearer ${plant('key')}` });
    await api.http.post('/v1/receipts/verify', { receipt: plant('receipt') });
    await sendRaw(`GET /${PLANTED} HTTP/1.1\r\nAuthorization: Bearer ${tenant.token}\r\n${PLANTED}\r\n\r\n`);
    await sendRaw(`GET /${PLANTED} HTTP/1.1\r\nHost: x\r\nX: ${PLANTED.repeat(2_000)}\r\n\r\n`);
  }

  /** Shares and publishes what discloses nothing, has a hash stamped, and tells how the public routes are then called. */
  async function publish(): Promise<Record<string, string>> {
    const { fingerprints, ...rest } = privateEvidence('published') as { fingerprints: { digest: string }[] };
    const shown = fingerprints.map(({ digest }) => digest);
    planted.secrets.splice(0, Infinity, ...planted.secrets.filter((secret) => !shown.includes(secret)));
    const { id } = await accept(http, { fingerprints, ...rest });
    await receiptOf(http, id);
    await http.send({
      method: 'PUT',
      path: `/v1/evidence/${id}/publication`,
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    const share = (await http.post(`/v1/evidence/${id}/shares`, {})).json<{ token: string }>();
    const query = formatTimestampQuery({
      algorithm: 'sha-256',
      digest: createHash('sha256').update(PLANTED).digest(),
      nonce: Uint8Array.of(1),
    });
    const stamped = await http.send({
      method: 'POST',
      path: '/tsa',
      body: Buffer.from(query),
      headers: { 'content-type': 'application/timestamp-query' },
    });
    const token = createHash('sha256').update(parseTimestampResponse(stamped.bytes)).digest('hex');
    await eventually(
      'the receipt of the token',
      async () => (await http.get(`/tsa/receipts/${token}`)).status === 200,
    );
    const [log] = await stack.query<{ name: string }>('SELECT name FROM log');
    const checkpoint = (await http.get(`/logs/${log!.name}/checkpoint`)).text;
    const size = checkpoint.split('\n')[1]!;
    return {
      ':log': log!.name,
      ':token': share.token,
      ':sha256': token,
      ':size': size,
      ':height': '0',
      ':leafIndex': '0',
      '*': `entries/000.p/${size}`,
      'GET /v1/public/evidence': `?fingerprint=sha-256:${shown[0]!}`,
    };
  }

  /** The database fails and tells about the rows in its error, as it does with every violated constraint. */
  async function failInside(): Promise<void> {
    await stack.query(`
      CREATE FUNCTION fail_signer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'the database failed' USING DETAIL = 'Failing row contains ' || encode(NEW.identity, 'escape'); END $$;
      CREATE FUNCTION fail_evidence() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'the database failed' USING DETAIL = 'Failing row contains ' || encode(NEW.content, 'escape'); END $$;
      CREATE TRIGGER fail BEFORE INSERT ON signer FOR EACH ROW EXECUTE FUNCTION fail_signer();
      CREATE TRIGGER fail BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION fail_evidence()`);
    const failed = [
      await http.post('/v1/signers', { name: plant('failing signer') }),
      await http.post('/v1/evidence', privateEvidence('failing')),
      await http.post('/v1/evidence', privateEvidence('failing keyed'), {
        'idempotency-key': plant('failing'),
      }),
      await http.post('/v1/evidence/batch', { items: [privateEvidence('failing item')] }),
      await http.post(
        '/v1/evidence/batch',
        { items: [privateEvidence('failing keyed item')] },
        { 'idempotency-key': plant('failing-batch') },
      ),
    ];
    expect(failed.map(({ status }) => status)).toEqual([500, 503, 503, 200, 503]);
    for (const { text } of failed) expect(text).not.toMatch(/Failing row|the database failed/);
  }

  async function sendRaw(bytes: string): Promise<void> {
    const { hostname, port } = new URL(api.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      socket
        .on('error', () => undefined)
        .on('data', () => undefined)
        .once('close', () => {
          resolve();
        });
    });
  }

  const lines = (): LogLine[] => stack.logs.map((line) => JSON.parse(line) as LogLine);

  test('the log holds none of it, at any level', () => {
    expect(stack.logs.length).toBeGreaterThan(40);
    expectClean(planted.scanLogs(stack), 10_000);
  });

  test('the log has a line for each request: method, route template, status, time, request id', () => {
    const requests = lines().filter(({ msg }) => msg === 'request' || msg === 'request failed');
    expect(requests.length).toBeGreaterThan(30);
    for (const request of requests) {
      expect(request).toEqual(
        expect.objectContaining({
          reqId: expect.stringMatching(/^[A-Za-z0-9._-]{1,64}$/) as string,
          durationMs: expect.any(Number) as number,
        }),
      );
      expect(request).not.toHaveProperty('url');
    }
    const templates = new Set(requests.map(({ method, route }) => `${method} ${route}`));
    for (const template of [
      'POST /v1/evidence',
      'POST /v1/evidence/batch',
      'GET /v1/evidence/:id',
      'GET /v1/evidence/:id/receipt',
      'POST /v1/signers/:id/keys',
      'GET /logs/:log/checkpoint',
      'GET unmatched',
    ]) {
      expect(templates).toContain(template);
    }
    expect(requests.some(({ reqId }) => reqId === 'harmless')).toBe(true);
  });

  test('a failure is in the log with its cause and stack, under the request id that the client was told', () => {
    const errors = lines().filter(({ msg }) =>
      ['internal', 'busy', 'background work failed'].includes(msg),
    ) as (LogLine & { err: { type: string; stack: string; code?: string; cause?: unknown } })[];
    // A busy machine may have told of a slow queue as well.
    const failures = errors.filter(({ err }) => JSON.stringify(err).includes('the database failed'));
    expect(failures).toHaveLength(5);
    for (const { msg, reqId, err } of failures) {
      expect(err.stack).toContain('\n    at ');
      if (msg !== 'background work failed') expect(reqId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('a dump of the whole database holds none of it, the queue included', async () => {
    const jobs = await eventually('what is queued has its job', async () => {
      const found = await stack.query<{ data: string }>('SELECT data::text AS data FROM bullmq.job');
      return found.length > 0 && found;
    });
    for (const { data } of jobs) expect(data).toMatch(/^\{"parcels": ?\["\d+"(, ?"\d+")*\]\}$/);
    expectClean(await planted.scanRows(stack), 20_000);
  });

  test("the server's own files hold none of it, the write-ahead log included", async () => {
    expectClean(await planted.scanServerFiles(stack), 1_000_000);
  });

  test('the public ledger holds none of it', async () => {
    expectClean(await planted.scanLedger(stack), 200);
  });

  test('no public route tells any of it, a share link and public evidence that disclose nothing included', async () => {
    expectClean(await planted.scanPublicRoutes(api.http, publicPaths), 10_000);
  });

  test('what is looked for would be found, whatever surrounds it', () => {
    for (const before of ['', 'x', 'xy']) {
      const text = Buffer.from(`${before}${PLANTED}yz`);
      for (const spelling of ['latin1', 'hex', 'base64', 'base64url'] as const)
        expect(planted.find(Buffer.from(text.toString(spelling)))).toHaveLength(1);
      expect(planted.find(Buffer.from(Buffer.from(text.toString('base64')).toString('hex')))).toHaveLength(1);
    }
  });
});
