/** No private byte in logs, queue payloads or the public ledger: names are planted everywhere and looked for everywhere. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readFolder } from '@test/files.js';
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
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

/** Stands in every private text that is sent. */
const PLANTED = `planted-${randomBytes(6).toString('hex')}`;
const plant = (what: string): string => `${PLANTED}-${what}`;

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
  const digests: string[] = [];

  const privateEvidence = (document: string): object => {
    const { fingerprints } = evidenceOf(plant(document), ['sha-256', 'sm3']);
    digests.push(...fingerprints.map(({ digest }) => digest));
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
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant(`${PLANTED}-org`);
    http = api.http.as(tenant.token);
    await receiptOf(http, (await accept(http, privateEvidence('opens'))).id);
    await useEverything();
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

  /** Planted names, whole or in other spellings, digests and keys. */
  function expectClean(what: string, text: string): void {
    const hex = Buffer.from(PLANTED).toString('hex');
    const base64 = Buffer.from(PLANTED).toString('base64').slice(0, 20);
    const [, , secret = ''] = tenant.token.split('_');
    for (const secretText of [PLANTED, hex, base64, secret, ...digests]) {
      const at = text.indexOf(secretText);
      expect(at === -1 ? '' : `${what}: …${text.slice(Math.max(0, at - 200), at + 100)}…`).toBe('');
    }
  }

  const lines = (): LogLine[] => stack.logs.map((line) => JSON.parse(line) as LogLine);

  test('the log holds none of it, at any level', () => {
    expect(stack.logs.length).toBeGreaterThan(40);
    expectClean('log', stack.logs.join(''));
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
    const failures = lines().filter(({ msg }) =>
      ['internal', 'busy', 'background work failed'].includes(msg),
    ) as (LogLine & { err: { type: string; stack: string; code?: string; cause?: unknown } })[];
    expect(failures).toHaveLength(5);
    for (const { msg, reqId, err } of failures) {
      expect(JSON.stringify(err)).toContain('the database failed');
      expect(err.stack).toContain('\n    at ');
      if (msg !== 'background work failed') expect(reqId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  /** Planted texts in bytes of the database, but for the organization's own id, which is no secret. */
  function findPlanted(bytes: Buffer): string[] {
    const found: string[] = [];
    const spellings = [
      PLANTED,
      Buffer.from(PLANTED).toString('hex'),
      Buffer.from(PLANTED).toString('base64').slice(0, 20),
    ];
    for (const spelling of spellings) {
      for (let at = bytes.indexOf(spelling); at !== -1; at = bytes.indexOf(spelling, at + 1)) {
        const text = bytes.toString('latin1', at, at + 60);
        if (!text.startsWith(`${PLANTED}-org`)) found.push(text);
      }
    }
    return found;
  }

  test('a dump of the whole database holds none of it', async () => {
    const tables = await stack.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')",
    );
    expect(tables.length).toBeGreaterThan(15);
    let rows = 0;
    for (const { name } of tables) {
      const dump = await stack.asSuperuser<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      rows += dump.length;
      for (const { row } of dump) expect([name, findPlanted(Buffer.from(row))]).toEqual([name, []]);
    }
    expect(rows).toBeGreaterThan(40);
  });

  test("the server's own files hold none of it, the write-ahead log included", async () => {
    await stack.asSuperuser('CHECKPOINT');
    const [place] = await stack.asSuperuser<{ directory: string; oid: string }>(
      "SELECT current_setting('data_directory') AS directory, oid::text FROM pg_database WHERE datname = current_database()",
    );
    let bytes = 0;
    for (const folder of [join('base', place!.oid), 'pg_wal']) {
      for (const [name, content] of readFolder(join(place!.directory, folder))) {
        bytes += content.length;
        expect([name, findPlanted(content)]).toEqual([name, []]);
      }
    }
    expect(bytes).toBeGreaterThan(1_000_000);
  });

  test('the queue holds parcel numbers and nothing else', async () => {
    const tables = await stack.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'bullmq' AND table_type = 'BASE TABLE'",
    );
    let text = '';
    for (const { name } of tables)
      text += JSON.stringify(await stack.query(`SELECT * FROM bullmq."${name}"`));
    expect(text).toMatch(/\{"parcels":\["\d+"(,"\d+")*\]\}|parcels/);
    expectClean('queue', text);
  });

  test('the public ledger holds none of it', async () => {
    const files = readFolder(await stack.logDirectory());
    expect(files.size).toBeGreaterThan(3);
    for (const [name, bytes] of files) {
      expectClean(name, `${bytes.toString('latin1')}${bytes.toString('hex')}`);
    }
  });

  test('what is served without a key holds none of it', async () => {
    const [log] = await stack.query<{ name: string }>('SELECT name FROM log');
    for (const path of [
      '/openapi.json',
      '/health/ready',
      `/logs/${log!.name}/checkpoint`,
      `/logs/${log!.name}/tile/0/000.p/2`,
      `/logs/${log!.name}/tile/entries/000.p/2`,
    ]) {
      const answer = await api.http.get(path);
      expect(answer.status).toBe(200);
      expectClean(path, `${answer.text}${answer.bytes.toString('hex')}`);
    }
  });
});
