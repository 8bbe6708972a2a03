/** Finding evidence again: by id, fingerprint, reference, state and time, page by page; and never another's. */
import { accept, receiptOf } from '@test/receipts.js';
import { evidenceOf, fingerprintOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Page {
  readonly items: Evidence[];
  readonly nextCursor?: string;
}

describe('finding evidence', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  const accepted: Evidence[] = [];

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    for (let index = 0; index < 23; index += 1) {
      const document = index % 5 === 0 ? 'every fifth' : `document ${index}`;
      accepted.push(
        await accept(http, {
          ...evidenceOf(document, index % 2 === 0 ? ['sha-256'] : ['sha-256', 'sm3']),
          clientRef: `ref ${index}&=%`,
        }),
      );
    }
    await accept(api.http.as((await stack.createTenant()).token), evidenceOf('every fifth'));
    await receiptOf(http, accepted.at(-1)!.id);
    await worker.stop();
    // Two more that stay without a block.
    accepted.push(
      await accept(http, evidenceOf('late 1')),
      await accept(http, evidenceOf('late 2', ['sha3-256', 'sm3'])),
    );
  });

  afterAll(() => stack.close());

  const list = async (query: Record<string, string>): Promise<Page> => {
    const answer = await http.get(`/v1/evidence?${new URLSearchParams(query).toString()}`);
    expect(answer.status).toBe(200);
    return answer.json<Page>();
  };
  const idsOf = ({ items }: Page): string[] => items.map(({ id }) => id);
  const newestFirst = (some: readonly Evidence[]): string[] =>
    some
      .map(({ id }) => id)
      .sort()
      .reverse();

  test('by id: the same record, disclosures and entry as were handed out', async () => {
    for (const evidence of accepted) {
      const { id, record, disclosures, entry, acceptedAt } = (
        await http.get(`/v1/evidence/${evidence.id}`)
      ).json<Evidence>();
      expect({ id, record, disclosures, entry, acceptedAt }).toEqual({
        id: evidence.id,
        record: evidence.record,
        disclosures: evidence.disclosures,
        entry: evidence.entry,
        acceptedAt: evidence.acceptedAt,
      });
    }
    expect((await http.get(`/v1/evidence/${accepted[0]!.id.toUpperCase()}`)).json<Evidence>().id).toBe(
      accepted[0]!.id,
    );
  });

  test('by fingerprint, first algorithm or further, of this organization alone', async () => {
    const colon = (document: string, algorithm: string): string =>
      `${algorithm}:${fingerprintOf(document, algorithm).digest}`;
    const fifths = accepted.filter((_, index) => index < 23 && index % 5 === 0);
    expect(idsOf(await list({ fingerprint: colon('every fifth', 'sha-256') }))).toEqual(newestFirst(fifths));
    expect(idsOf(await list({ fingerprint: colon('every fifth', 'sm3') }))).toEqual(
      newestFirst(fifths.filter((_, index) => index % 2 === 1)),
    );
    expect(idsOf(await list({ fingerprint: colon('document 7', 'sm3') }))).toEqual([accepted[7]!.id]);
    expect(idsOf(await list({ fingerprint: colon('late 2', 'sm3') }))).toEqual([accepted[24]!.id]);
    expect(idsOf(await list({ fingerprint: colon('never seen', 'sha-256') }))).toEqual([]);
    // The index holds eight bytes: a digest that agrees in these alone is not found.
    const lookalike = `${fingerprintOf('document 7').digest.slice(0, 16)}${'0'.repeat(48)}`;
    expect(idsOf(await list({ fingerprint: `sha-256:${lookalike}` }))).toEqual([]);
    // Nor is the same digest under another algorithm of that size.
    expect(idsOf(await list({ fingerprint: `sm3:${fingerprintOf('document 7').digest}` }))).toEqual([]);
  });

  test('by client reference, state and time, and by all of them at once', async () => {
    expect(idsOf(await list({ clientRef: 'ref 11&=%' }))).toEqual([accepted[11]!.id]);
    expect(idsOf(await list({ clientRef: 'ref 1' }))).toEqual([]);
    expect(idsOf(await list({ state: 'accepted' }))).toEqual(newestFirst(accepted.slice(23)));
    expect(idsOf(await list({ state: 'anchored', limit: '200' }))).toEqual(
      newestFirst(accepted.slice(0, 23)),
    );
    const between = accepted.filter(
      ({ acceptedAt }) => acceptedAt >= accepted[5]!.acceptedAt && acceptedAt < accepted[15]!.acceptedAt,
    );
    const span = { acceptedFrom: accepted[5]!.acceptedAt, acceptedBefore: accepted[15]!.acceptedAt };
    expect(idsOf(await list(span))).toEqual(newestFirst(between));
    expect(idsOf(await list({ ...span, state: 'anchored', clientRef: 'ref 6&=%' }))).toEqual([
      accepted[6]!.id,
    ]);
    expect(idsOf(await list({ ...span, state: 'accepted' }))).toEqual([]);
  });

  test.each([1, 2, 7, 24, 25, 200])('pages of %i give everything once, newest first', async (limit) => {
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await list({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...idsOf(page));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(newestFirst(accepted));
  });

  test('without a limit a page holds 50', async () => {
    const many = await stack.createTenant();
    const client = api.http.as(many.token);
    await client.post('/v1/evidence/batch', {
      items: Array.from({ length: 60 }, (_, index) => evidenceOf(`page ${index}`)),
    });
    const page = (await client.get('/v1/evidence')).json<Page>();
    expect(page.items).toHaveLength(50);
    expect(page.nextCursor).toBe(page.items.at(-1)?.id);
  });

  test('evidence of another organization does not exist', async () => {
    const stranger = api.http.as((await stack.createTenant()).token);
    const { id, clientRef } = accepted[3]!;
    for (const path of [`/v1/evidence/${id}`, `/v1/evidence/${id}/receipt`]) {
      const answer = await stranger.get(path);
      expect([answer.status, answer.problem]).toEqual([404, 'not-found']);
      const absent = await stranger.get(path.replace(id, '00000000-0000-7000-8000-000000000000'));
      expect({ ...absent.json<object>(), requestId: '' }).toEqual({
        ...answer.json<object>(),
        requestId: '',
      });
    }
    for (const query of [
      '',
      `?clientRef=${encodeURIComponent(clientRef!)}`,
      `?fingerprint=sha-256:${fingerprintOf('document 3').digest}`,
      `?cursor=${accepted.at(-1)!.id}`,
    ]) {
      expect((await stranger.get(`/v1/evidence${query}`)).json<Page>()).toEqual({ items: [] });
    }
  });

  test('a stored row that was changed is noticed, and never handed out', async () => {
    const { id } = await accept(http, evidenceOf('doctored'));
    await stack.query(
      "UPDATE evidence SET fingerprints = overlay(fingerprints PLACING '\\xff' FROM 5) WHERE id = $1",
      [id],
    );
    const answer = await http.get(`/v1/evidence/${id}`);
    expect([answer.status, answer.problem]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('restore');
    await stack.query('DELETE FROM evidence WHERE id = $1', [id]);
  });
});
