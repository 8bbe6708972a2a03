/** The catalogue of problems: documented, and each code produced for real. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  registerSigner,
  requestChallenge,
  signBytes,
  signEnvelope,
  statementOf,
  toSigningKey,
  type Problem,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { PROBLEMS, type ProblemCode } from '../src/problems/catalogue.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const codes = Object.keys(PROBLEMS) as ProblemCode[];

test('docs/api/problems.md lists every code with status, meaning and what to do', () => {
  const page = readFileSync(join(root, 'docs/api/problems.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d+) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, code, status, title, advice]) => ({ code, status: Number(status), title, advice }),
  );
  expect(rows).toEqual(codes.map((code) => ({ code, ...PROBLEMS[code] })));
});

describeWithTool('openssl', 'every code', () => {
  let pki: OpensslPki;
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let key: SigningKey;
  let signer: string;

  beforeAll(async () => {
    pki = new OpensslPki();
    stack = await TestStack.create({ INTAKE_BUFFER_ROWS: '1000', BODY_LIMIT_BYTES: '3000000' });
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await worker.stop();
    key = createSigningKey();
    signer = await registerSigner(http, 'problems', key);
  });

  afterAll(async () => {
    await stack.close();
    pki.remove();
  });

  const envelopeOf = (members: Record<string, unknown> = {}, keys = [key]): object => ({
    envelope: signEnvelope(canonical(statementOf(tenant.id, keys, members)), keys),
  });
  const proofOf = (challenge: string, message: Buffer): object => ({
    alg: key.alg,
    publicKey: key.spki.toString('base64'),
    challenge,
    signature: signBytes(key, message).toString('base64'),
  });

  /** A root and a certificate of it, made with OpenSSL. */
  function issueChain(): { root: string; chain: string[]; holder: SigningKey } {
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const leaf = pki.issue({ name: 'leaf', issuer: root, extensions: SIGNER_EXTENSIONS });
    const holder = toSigningKey('ecdsa-p256-sha256', createPrivateKey(readFileSync(leaf.keyPath)));
    return { root: root.certificatePath, chain: [Buffer.from(leaf.der).toString('base64')], holder };
  }

  /** How each code comes about. The compiler sees to it that none is missing. */
  const provoke: Record<ProblemCode, () => Promise<Answer>> = {
    'malformed-json': () => http.post('/v1/evidence', '{'),
    'malformed-request': () => http.get('/v1/evidence?limit=x'),
    unauthorized: () => api.http.get('/v1/evidence'),
    'scope-missing': async () =>
      api.http.as(await stack.createKey(tenant, { scopes: [] })).get('/v1/evidence'),
    'organization-not-admitted': async () => {
      const left = await stack.createTenant();
      await stack.query("UPDATE organization SET state = 'left' WHERE key = $1", [left.key]);
      return await api.http.as(left.token).get('/v1/evidence');
    },
    'not-found': () => http.get('/v1/evidence/00000000-0000-7000-8000-000000000000'),
    'receipt-pending': async () => http.get(`/v1/evidence/${(await accept(http, evidenceOf())).id}/receipt`),
    'import-offset': async () => {
      const made = await http.send({ method: 'POST', path: '/v1/imports' });
      return http.send({
        method: 'PATCH',
        path: `/v1/imports/${made.json<{ id: string }>().id}?offset=1`,
        headers: { 'content-type': 'application/x-ndjson' },
        body: '{}',
      });
    },
    'client-ref-conflict': async () => {
      await accept(http, { ...evidenceOf('a'), clientRef: 'problem' });
      return await http.post('/v1/evidence', { ...evidenceOf('b'), clientRef: 'problem' });
    },
    'idempotency-in-flight': () =>
      stack.locking('signer', async () => {
        const send = (): Promise<Answer> =>
          http.post('/v1/signers', { name: 'x' }, { 'idempotency-key': 'flight' });
        void send();
        await eventually('the first has claimed', async () => {
          const rows = await stack.query('SELECT FROM idempotency WHERE status IS NULL');
          return rows.length > 0;
        });
        return await send();
      }),
    'key-registered': async () => {
      const { challenge, message } = await requestChallenge(http, signer, key);
      return await http.post(`/v1/signers/${signer}/keys`, proofOf(challenge, message));
    },
    'certificate-registered': async () => {
      const { root, chain, holder } = issueChain();
      const strict = await stack.startApi({ SIGNER_ROOTS_FILE: root });
      const certified = strict.http.as(tenant.token);
      const id = await registerSigner(certified, 'certified', holder);
      const path = `/v1/signers/${id}/keys/${holder.keyid}/certificates`;
      expect((await certified.post(path, { certificates: chain })).status).toBe(201);
      return await certified.post(path, { certificates: chain });
    },
    'endpoint-disabled': async () => {
      const endpoint = await http.post('/v1/webhook-endpoints', {
        url: 'https://example.com',
        types: ['batch.anchored'],
        enabled: false,
      });
      return await http.post(`/v1/webhook-endpoints/${endpoint.json<{ id: string }>().id}/test`, {});
    },
    'limit-reached': async () => {
      const created = await http.post('/v1/webhook-endpoints', {
        url: 'https://example.com',
        types: ['batch.anchored'],
      });
      const rotate = `/v1/webhook-endpoints/${created.json<{ id: string }>().id}/rotate-secret`;
      for (let live = 1; live < 4; live += 1) expect((await http.post(rotate, {})).status).toBe(200);
      return await http.post(rotate, {});
    },
    'cursor-expired': async () => {
      await stack.query('INSERT INTO webhook_feed VALUES ($1, 7)', [tenant.key]);
      return await http.get('/v1/events?cursor=6');
    },
    'answer-erased': async () => {
      const body = { ...evidenceOf(), title: 'x' };
      const headers = { 'idempotency-key': 'erased' };
      const { id } = (await http.post('/v1/evidence', body, headers)).json<{ id: string }>();
      const erase = { method: 'DELETE', path: `/v1/evidence/${id}/personal-data` };
      expect((await http.send(erase)).status).toBe(200);
      return await http.post('/v1/evidence', body, headers);
    },
    'body-too-large': () => http.post('/v1/evidence', `"${'x'.repeat(3_000_001)}"`),
    'unsupported-media-type': () => http.post('/v1/evidence', '<x/>', { 'content-type': 'text/xml' }),
    'invalid-content': () => http.post('/v1/evidence', {}),
    'envelope-invalid': () => http.post('/v1/evidence', envelopeOf({ nonce: 'short' })),
    'envelope-mismatch': () => http.post('/v1/evidence', envelopeOf({ organization: 'somebody-else' })),
    'key-unknown': () => http.post('/v1/evidence', envelopeOf({}, [createSigningKey()])),
    'key-revoked': async () => {
      const revoked = createSigningKey();
      await registerSigner(http, 'revoked', revoked);
      await stack.query('UPDATE signer_key SET revoked_at = now() WHERE keyid = $1', [
        Buffer.from(revoked.keyid, 'hex'),
      ]);
      return await http.post('/v1/evidence', envelopeOf({}, [revoked]));
    },
    'key-not-valid': async () => {
      const late = createSigningKey();
      await registerSigner(http, 'late', late);
      await stack.query('UPDATE signer_key SET valid_until = now() WHERE keyid = $1', [
        Buffer.from(late.keyid, 'hex'),
      ]);
      return await http.post('/v1/evidence', envelopeOf({}, [late]));
    },
    'certificate-invalid': () => http.post('/v1/evidence', { ...envelopeOf({}), certificates: [['AAAA']] }),
    'token-invalid': () => http.post('/v1/evidence', { ...evidenceOf(), tokens: ['AAAA'] }),
    'rate-limited': async () => {
      const strict = await stack.startApi({ PUBLIC_LOOKUPS_PER_MINUTE: '1' });
      await strict.http.get('/v1/shares/x');
      return await strict.http.get('/v1/shares/x');
    },
    'quota-exceeded': async () => {
      const small = await stack.createTenant();
      await stack.query('UPDATE organization SET records_per_month = 1 WHERE key = $1', [small.key]);
      await accept(api.http.as(small.token), evidenceOf());
      return await api.http.as(small.token).post('/v1/evidence', evidenceOf());
    },
    'signature-invalid': () => {
      const { envelope } = envelopeOf() as { envelope: object };
      return http.post('/v1/evidence', {
        envelope: {
          ...envelope,
          signatures: [{ keyid: key.keyid, sig: Buffer.alloc(64, 1).toString('base64') }],
        },
      });
    },
    'challenge-invalid': () =>
      http.post(`/v1/signers/${signer}/keys`, proofOf('00000000-0000-4000-8000-000000000000', Buffer.of())),
    'idempotency-mismatch': async () => {
      await http.post('/v1/evidence', evidenceOf(), { 'idempotency-key': 'mismatch' });
      return await http.post('/v1/evidence', evidenceOf(), { 'idempotency-key': 'mismatch' });
    },
    internal: async () => {
      const { id } = await accept(http, evidenceOf());
      await stack.query("UPDATE evidence SET content = '\\x00' WHERE id = $1", [id]);
      return await http.get(`/v1/evidence/${id}`);
    },
    busy: () =>
      stack.locking('evidence', () => {
        const items = Array.from({ length: 501 }, () => evidenceOf());
        return Promise.race([
          http.post('/v1/evidence/batch', { items }),
          http.post('/v1/evidence/batch', { items }),
        ]);
      }),
    'clock-wrong': async () => {
      await stack.query(`INSERT INTO clock_source (authority, ahead_ms, uncertainty_ms, observed_at)
        VALUES ('a', 3600000, 1, now()), ('b', 3600000, 1, now())`);
      const submit = (): Promise<Answer> => http.post('/v1/evidence', evidenceOf());
      await eventually('the clock is looked at', async () => (await submit()).problem === 'clock-wrong');
      const answer = await submit();
      await stack.query('DELETE FROM clock_source');
      await eventually('it is right again', async () => (await submit()).status === 202);
      return answer;
    },
    'not-ready': async () => {
      const empty = await TestStack.create();
      const unopened = await empty.startApi();
      const answer = await unopened.http.get('/health/ready');
      await empty.close();
      return answer;
    },
  };

  const seen = new Map<string, Problem>();

  test.each(codes)('%s is produced as it is documented', async (code) => {
    const answer = await provoke[code]();
    const problem = answer.json<Problem>();
    expect([answer.problem, answer.status]).toEqual([code, PROBLEMS[code].status]);
    expect(problem).toMatchObject({ title: PROBLEMS[code].title, status: PROBLEMS[code].status });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(problem.detail).toMatch(/\S{3}/);
    expect(problem.requestId).toBe(answer.headers['x-request-id']);
    const mustWait =
      [429, 503].includes(answer.status) || ['idempotency-in-flight', 'receipt-pending'].includes(code);
    expect(answer.headers['retry-after']).toEqual(mustWait ? expect.stringMatching(/^[1-9]\d*$/) : undefined);
    seen.set(code, problem);
  });

  test("none tells what is none of the client's business", () => {
    expect(seen.size).toBe(codes.length);
    for (const problem of seen.values())
      expect(JSON.stringify(problem)).not.toMatch(
        /postgres|SELECT|INSERT|\/work\/|node_modules|\.ts:|stack/i,
      );
  });
});
