/**
 * Erasing personal data: salts and values are gone from the database, receipts handed out before stay valid, later ones are
 * without them and everything else verifies, and the log says how much was erased and nothing else.
 */
import { type Verifier } from '@cunzheng/receipt';
import { eventually } from '@test/eventually.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  readDisclosure,
  registerSigner,
  signEnvelope,
  statementOf,
  type Evidence,
  type Fingerprint,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Erasure {
  readonly id: string;
  readonly erasedAt?: string;
  readonly erased: readonly string[];
}

interface SignerErasure {
  readonly erasedAt: string;
  readonly complete: boolean;
  readonly evidence: { readonly erased: number; readonly remaining: number };
}

describe('personal data', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let verifiers: Record<'portable' | 'native', Verifier>;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    verifiers = await verifiersFor(stack);
  });

  afterAll(() => stack.close());

  const erase = (path: string, query = '', client = http): Promise<Answer> =>
    client.send({ method: 'DELETE', path: `/v1/${path}/personal-data${query}` });
  const eraseEvidence = async (id: string, query = ''): Promise<Erasure> => {
    const answer = await erase(`evidence/${id}`, query);
    expect(answer.status).toBe(200);
    return answer.json<Erasure>();
  };
  const namesIn = (disclosures: readonly string[]): string[] =>
    disclosures.map((one) => readDisclosure(one)[0]).sort();
  const shownBy = (receipt: Answer): string[] =>
    namesIn(receipt.json<{ disclosures: string[] }>().disclosures);
  const signed = async (
    keys: SigningKey[],
    members: object = {},
  ): Promise<{ id: string; prints: Fingerprint[] }> => {
    const { fingerprints: prints } = evidenceOf();
    const statement = statementOf(tenant.id, keys, { fingerprints: prints, ...members });
    const { id } = await accept(http, { envelope: signEnvelope(canonical(statement), keys) });
    return { id, prints };
  };
  const erasureEvents = async (): Promise<number[]> => {
    const rows = await stack.query<{ body: Buffer }>('SELECT body FROM log_entry WHERE type = 2 ORDER BY id');
    const events = rows.map(({ body }) => JSON.parse(body.toString('utf8')) as Record<string, unknown>);
    return events
      .filter(({ event }) => event === 'erasure')
      .map((event) => {
        expect(Object.keys(event).sort()).toEqual(['count', 'createdAt', 'event', 'format', 'log']);
        return event['count'] as number;
      });
  };
  const expectHolds = async (
    receipt: Answer,
    prints: readonly Fingerprint[],
  ): Promise<Record<string, unknown>> => {
    const report = await verifyOnBothPaths(verifiers, receipt.bytes, prints);
    expect([report.verdict, report.checks.filter(({ status }) => status === 'failed')]).toEqual([
      'holds',
      [],
    ]);
    return Object.fromEntries(
      report.checks.map(({ name, status, reason }) => [name, reason?.code ?? status]),
    );
  };

  test('of one piece of evidence: gone from the database, receipts before and after hold, the log says one', async () => {
    const { fingerprints } = evidenceOf();
    const accepted = await accept(http, {
      fingerprints,
      title: 'Zhang San v. Li Si',
      mediaType: 'text/plain',
      clientRef: 'zhang-san',
      metadata: [{ name: 'plaintiff', value: 'Zhang San' }],
      signers: [{ name: 'Zhang San', identifiers: [{ scheme: 'id-card', value: '110101199001011234' }] }],
    });
    const before = await receiptOf(http, accepted.id);
    const events = await erasureEvents();
    const [{ content } = { content: Buffer.of() }] = await stack.query<{ content: Buffer }>(
      'SELECT content FROM evidence WHERE id = $1',
      [accepted.id],
    );

    const gone = [
      'clientRef',
      'metadata',
      'signer.0.assurance',
      'signer.0.identifiers',
      'signer.0.name',
      'title',
    ];
    const erased = await eraseEvidence(accepted.id);
    expect(erased).toEqual({ id: accepted.id, erasedAt: expect.any(String) as string, erased: gone });
    const [row] = await stack.query<Record<string, unknown> & { content: Buffer }>(
      'SELECT secrets, client_ref, client_ref_mac, content FROM evidence WHERE id = $1',
      [accepted.id],
    );
    expect(row).toMatchObject({ secrets: Buffer.alloc(0), client_ref: null, client_ref_mac: null });
    expect(row!.content.equals(content)).toBe(false);

    const after = await receiptOf(http, accepted.id);
    expect(shownBy(after)).toEqual(['mediaType', 'organization']);
    expect(after.json<{ record: string }>().record).toBe(before.json<{ record: string }>().record);
    await expectHolds(before, fingerprints);
    expect(await expectHolds(after, fingerprints)).toMatchObject({
      record: 'passed',
      inclusion: 'passed',
      disclosures: 'passed',
      document: 'passed',
      statement: 'withheld',
      signers: 'withheld',
    });
    const resource = (await http.get(`/v1/evidence/${accepted.id}`)).json<Evidence & Erasure>();
    expect(resource).toMatchObject({ erasedAt: erased.erasedAt, erased: gone, record: accepted.record });
    expect(resource.clientRef).toBeUndefined();
    expect(namesIn(resource.disclosures)).toEqual(['mediaType', 'organization']);
    const found = (await http.get('/v1/evidence?clientRef=zhang-san')).json<{ items: unknown[] }>();
    expect(found.items).toEqual([]);
    const listed = (await http.get(`/v1/evidence?fingerprint=sha-256:${fingerprints[0]!.digest}`)).json<{
      items: Evidence[];
    }>();
    expect(listed.items.map(({ id }) => id)).toEqual([accepted.id]);
    expect((await http.get(`/v1/evidence/${accepted.id}/receipt?disclose=title`)).status).toBe(400);

    // Again: nothing changes, and the log hears nothing.
    expect(await eraseEvidence(accepted.id)).toEqual(erased);
    expect(await erasureEvents()).toEqual([...events, 1]);
    // More, by name.
    const more = await eraseEvidence(accepted.id, '?also=organization,mediaType');
    expect(more.erased).toEqual([...gone, 'mediaType', 'organization'].sort());
    expect(shownBy(await receiptOf(http, accepted.id))).toEqual([]);
    await expectHolds(await receiptOf(http, accepted.id), fingerprints);
    expect(await erasureEvents()).toEqual([...events, 1, 1]);
    await eventually('the event is in the log', async () => {
      const rows = await stack.query('SELECT FROM log_entry WHERE leaf_index IS NULL');
      return rows.length === 0;
    });
  });

  test('a signed statement: the signature is withheld, everything else verifies', async () => {
    const key = createSigningKey();
    await registerSigner(http, 'Wang Wu', key);
    const { id, prints } = await signed([key], { title: 'of Wang Wu' });
    const before = await receiptOf(http, id);
    expect(await expectHolds(before, prints)).toMatchObject({ statement: 'passed', signers: 'passed' });
    await eraseEvidence(id);
    expect(await expectHolds(await receiptOf(http, id), prints)).toMatchObject({
      statement: 'withheld',
      signers: 'withheld',
      document: 'passed',
    });
    expect(await stack.query('SELECT FROM evidence_signer WHERE evidence = $1', [id])).toEqual([]);
    expect(await expectHolds(before, prints)).toMatchObject({ statement: 'passed', signers: 'passed' });
  });

  test('by signer: all evidence of that signer, other signers stay, and nothing new is signed', async () => {
    const [mine, other] = [createSigningKey(), createSigningKey('ecdsa-p256-sha256')];
    const signer = await registerSigner(http, 'Zhao Liu', mine);
    const partner = await registerSigner(http, 'Sun Qi', other);
    const alone = await signed([mine], { title: 'alone', clientRef: 'alone' });
    const together = await signed([other, mine], { title: 'together' });
    const theirs = await signed([other], { title: 'theirs' });
    const before = await receiptOf(http, together.id);
    const events = await erasureEvents();

    const answer = await erase(`signers/${signer}`);
    expect([answer.status, answer.json()]).toEqual([
      200,
      {
        id: signer,
        erasedAt: expect.any(String) as string,
        complete: true,
        evidence: { erased: 2, remaining: 0 },
      },
    ]);
    expect(await erasureEvents()).toEqual([...events, 2]);
    expect(shownBy(await receiptOf(http, alone.id))).toEqual(['clientRef', 'organization', 'title']);
    expect(shownBy(await receiptOf(http, together.id))).toEqual([
      'organization',
      'signer.0.assurance',
      'signer.0.key',
      'signer.0.name',
      'title',
    ]);
    for (const { id, prints } of [alone, together, theirs])
      await expectHolds(await receiptOf(http, id), prints);
    await expectHolds(before, together.prints);
    expect(shownBy(await receiptOf(http, theirs.id))).toContain('envelope');
    // The reference that stays is still found.
    const found = (await http.get('/v1/evidence?clientRef=alone')).json<{ items: Evidence[] }>();
    expect(found.items.map(({ id }) => id)).toEqual([alone.id]);

    const read = (await http.get(`/v1/signers/${signer}`)).json<Record<string, unknown>>();
    expect(read).toMatchObject({ id: signer, erasedAt: answer.json<SignerErasure>().erasedAt });
    expect(read).not.toHaveProperty('name');
    expect(await stack.query('SELECT identity FROM signer WHERE id = $1', [signer])).toEqual([
      { identity: Buffer.alloc(0) },
    ]);
    const refused = await http.post('/v1/evidence', {
      envelope: signEnvelope(canonical(statementOf(tenant.id, [mine])), [mine]),
    });
    expect([refused.status, refused.problem]).toEqual([422, 'key-revoked']);
    // Again, and then the other signer of what is erased in part.
    expect((await erase(`signers/${signer}`)).json()).toMatchObject({
      complete: true,
      evidence: { erased: 0 },
    });
    expect((await erase(`signers/${partner}`, '?also=title')).json()).toMatchObject({
      evidence: { erased: 2, remaining: 0 },
    });
    expect(shownBy(await receiptOf(http, together.id))).toEqual(['organization']);
    await expectHolds(await receiptOf(http, together.id), together.prints);
  });

  test('nothing is stored for a signer who was erased meanwhile, by the database itself', async () => {
    const key = createSigningKey();
    const signer = await registerSigner(http, 'Zhou Ba', key);
    const stale = await stack.startApi();
    const client = stale.http.as(tenant.token);
    const envelope = (): object => ({
      envelope: signEnvelope(canonical(statementOf(tenant.id, [key])), [key]),
    });
    expect((await client.post('/v1/evidence', envelope())).status).toBe(202);
    // As if its notification were late: the process still knows the key.
    await stack.query('UPDATE signer SET erased_at = now() WHERE id = $1', [signer]);
    const before = await stack.countRows();
    const late = await client.post('/v1/evidence', envelope());
    expect([422, 503]).toContain(late.status);
    expect(await stack.countRows()).toEqual(before);
  });

  test('stored answers that show it are not given again', async () => {
    const headers = { 'idempotency-key': 'single' };
    const body = { ...evidenceOf(), title: 'single' };
    const { id } = (await http.post('/v1/evidence', body, headers)).json<Evidence>();
    const batch = { items: [{ ...evidenceOf(), title: 'in a batch' }] };
    const batchHeaders = { 'idempotency-key': 'batch' };
    const sent = await http.post('/v1/evidence/batch', batch, batchHeaders);
    const inBatch = sent.json<{ results: { evidence: Evidence }[] }>().results[0]!.evidence.id;
    const others = { 'idempotency-key': 'others' };
    await http.post('/v1/evidence/batch', batch, others);
    await eraseEvidence(id);
    await eraseEvidence(inBatch);
    for (const answer of [
      await http.post('/v1/evidence', body, headers),
      await http.post('/v1/evidence/batch', batch, batchHeaders),
    ])
      expect([answer.status, answer.problem]).toEqual([410, 'answer-erased']);
    const kept = await http.post('/v1/evidence/batch', batch, others);
    expect([kept.status, kept.headers['idempotency-replayed']]).toEqual([200, 'true']);

    const named = { 'idempotency-key': 'signer' };
    const signer = (await http.post('/v1/signers', { name: 'Wu Jiu' }, named)).json<{ id: string }>().id;
    expect((await erase(`signers/${signer}`)).status).toBe(200);
    expect((await http.post('/v1/signers', { name: 'Wu Jiu' }, named)).problem).toBe('answer-erased');
  });

  test('what cannot be erased: foreign, absent, misnamed, without the scope', async () => {
    const { id } = await accept(http, { ...evidenceOf(), title: 'mine' });
    const signer = await registerSigner(http, 'Zheng Shi');
    const stranger = api.http.as((await stack.createTenant()).token);
    for (const path of [`evidence/${id}`, `signers/${signer}`]) {
      expect((await erase(path, '', stranger)).problem).toBe('not-found');
      expect((await erase(path, '?also=everything')).problem).toBe('malformed-request');
      expect((await erase(path, '?only=title')).problem).toBe('malformed-request');
      const weak = api.http.as(
        await stack.createKey(tenant, { scopes: ['evidence:write', 'signers:write'] }),
      );
      expect((await erase(path, '', weak)).problem).toBe('scope-missing');
    }
    for (const path of ['evidence/x', 'signers/00000000-0000-4000-8000-000000000000'])
      expect((await erase(path)).problem).toBe('not-found');
    expect(namesIn((await http.get(`/v1/evidence/${id}`)).json<Evidence>().disclosures)).toContain('title');
  });
});
