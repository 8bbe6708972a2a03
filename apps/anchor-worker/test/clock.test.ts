/**
 * A clock that is wrong: two authorities that are OpenSSL, first one of them with another time, then both; a worker whose clock
 * is set; and what API, timestamping authority and worker do meanwhile.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTimestampResponse } from '@cunzheng/timestamp';
import { eventually } from '@test/eventually.js';
import { createSigningKey, evidenceOf, registerSigner, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, OpensslPki, type Issued, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { startShiftedTsa, type ShiftedTsa } from './shifted-tsa.js';

const HOUR = 3_600_000;

describeWithTool('openssl', 'a wrong clock', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-clock-'));
  const file = (name: string): string => join(directory, name);
  let pki: OpensslPki;
  let root: Issued;
  let first: ShiftedTsa;
  let second: ShiftedTsa;
  const servers: TsaServer[] = [];
  let stack: TestStack;
  let url: string;
  let http: HttpClient;
  /** How far the worker's clock is ahead. */
  let aheadMs = 0;

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const start = async (organization: string): Promise<ShiftedTsa> => {
      const name = organization.replace(' ', '-');
      const certificate = pki.issue({ name, organization, issuer: root, extensions: TSA_EXTENSIONS });
      const tsa = await startShiftedTsa(pki, certificate);
      servers.push(tsa.server);
      return tsa;
    };
    first = await start('First Authority');
    second = await start('Second Authority');
    writeFileSync(file('roots.pem'), root.pem);
    writeFileSync(file('list'), `${first.server.url}\n${second.server.url}\n`);
    stack = await TestStack.create({
      TSA_LIST_FILE: file('list'),
      TSA_ROOTS_FILE: file('roots.pem'),
      CLOCK_CHECK_INTERVAL_MS: '5000',
      TSA_ENABLED: 'true',
    });
    const api = await stack.startApi();
    url = api.url;
    http = api.http.as((await stack.createTenant()).token);
    await stack.startWorker({}, () => Date.now() + aheadMs);
  });
  afterAll(async () => {
    await stack.close();
    for (const server of servers) await server.close();
    pki.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const boundOf = ({ record }: Evidence): unknown =>
    (JSON.parse(record) as { clockBoundMs?: number }).clockBoundMs;
  const submit = (): ReturnType<HttpClient['post']> => http.post('/v1/evidence', evidenceOf());
  const stamp = async (): Promise<Uint8Array> => {
    const body = new Uint8Array(OpensslTsa.query(pki, Buffer.from('to be stamped')));
    const headers = { 'content-type': 'application/timestamp-query' };
    const answer = await fetch(`${url}/tsa`, { method: 'POST', headers, body });
    return new Uint8Array(await answer.arrayBuffer());
  };
  const said = (reply: Uint8Array): string => {
    writeFileSync(pki.path('answer'), reply);
    return pki.run(['ts', '-reply', '-in', 'answer', '-text']).toString();
  };
  const logged = (text: string): boolean => stack.logs.some((line) => line.includes(text));
  const heights = async (): Promise<number> =>
    (await stack.query<{ n: number }>('SELECT count(*)::int AS n FROM block'))[0]?.n ?? 0;

  test('a record states the bound once two authorities have confirmed it, and its receipt verifies', async () => {
    const accepted = await eventually('a bound', async () => {
      const evidence = await accept(http, evidenceOf());
      return boundOf(evidence) === 10_000 && evidence;
    });
    const { record } = (await receiptOf(http, accepted.id)).json<{ record: string }>();
    expect(record).toBe(accepted.record);
  });

  test('so does the record of a timestamp token', async () => {
    const token = parseTimestampResponse(await stamp());
    const path = `/tsa/receipts/${createHash('sha256').update(token).digest('hex')}`;
    const receipt = await eventually('the receipt of the token', async () => {
      const answer = await http.get(path);
      return answer.status === 200 && answer.json<{ record: string }>();
    });
    expect(JSON.parse(receipt.record)).toMatchObject({ kind: 'timestamp-token', clockBoundMs: 10_000 });
  });

  test('one authority with another time is a warning, and no bound is stated', async () => {
    second.aheadMs = HOUR;
    await eventually('a warning', () => logged('the clock may be wrong'));
    await eventually('no bound', async () => boundOf(await accept(http, evidenceOf())) === undefined);
    expect(said(await stamp())).toContain('Status: Granted');
  });

  test('two of them stop intake, stamping and blocks; what was accepted waits; it all goes on by itself', async () => {
    const key = createSigningKey();
    const signer = await registerSigner(http, 'Zhang San', key);
    const { id } = await accept(http, { ...evidenceOf(), title: 'to be erased' });
    first.aheadMs = HOUR;
    await eventually('refused', async () => (await submit()).status === 503);
    const answer = await submit();
    expect([answer.problem, answer.headers['retry-after']]).toEqual(['clock-wrong', '30']);
    const batch = await http.post('/v1/evidence/batch', { items: [evidenceOf()] });
    expect([batch.status, batch.problem]).toEqual([503, 'clock-wrong']);
    const revocation = `/v1/signers/${signer}/keys/${key.keyid}/revocations`;
    expect((await http.post(revocation, {})).problem).toBe('clock-wrong');
    for (const path of [`/v1/evidence/${id}/personal-data`, `/v1/signers/${signer}/personal-data`])
      expect((await http.send({ method: 'DELETE', path })).problem).toBe('clock-wrong');
    expect(await stack.query('SELECT FROM signer WHERE erased_at IS NOT NULL')).toEqual([]);
    expect(said(await stamp())).toMatch(/Status: Rejected[^]*time source is not available/i);
    await eventually('the worker says so', () => logged('no blocks until it is right'));
    const before = await heights();
    first.aheadMs = second.aheadMs = 0;
    await eventually('accepted again', async () => (await submit()).status === 202);
    expect((await http.post(revocation, {})).status).toBe(201);
    const erased = await http.send({ method: 'DELETE', path: `/v1/evidence/${id}/personal-data` });
    expect(erased.json()).toMatchObject({ erased: ['title'] });
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    expect(await heights()).toBeGreaterThan(before);
  });

  test('a worker whose clock is far ahead makes no block until it is right', async () => {
    await eventually('nothing waits', async () => {
      const waiting =
        'SELECT FROM parcel WHERE height IS NULL UNION ALL SELECT FROM log_entry WHERE height IS NULL';
      return (await stack.query(waiting)).length === 0;
    });
    const warnings = (): number =>
      stack.logs.filter((line) => line.includes('no blocks until it is right')).length;
    const said = warnings();
    aheadMs = 24 * HOUR;
    await eventually('the worker says so', () => warnings() > said);
    const before = await heights();
    const accepted = await accept(http, evidenceOf());
    await accept(http, evidenceOf());
    expect(await heights()).toBe(before);
    aheadMs = 0;
    await receiptOf(http, accepted.id);
    const blocks = await stack.query<{ header: Buffer }>('SELECT header FROM block');
    for (const { header } of blocks)
      expect(Date.parse((JSON.parse(header.toString()) as { createdAt: string }).createdAt)).toBeLessThan(
        Date.now() + 60_000,
      );
  });
});
