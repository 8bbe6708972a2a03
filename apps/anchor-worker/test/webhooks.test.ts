/** Webhooks from the fact to the receiver: what is sent, to whom, how it is signed, and what is kept of it. */
import { Webhook } from 'standardwebhooks';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { Receiver } from '@test/receiver.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Endpoint {
  readonly id: string;
  readonly enabled: boolean;
}

describe('webhooks', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  const receivers: Receiver[] = [];

  beforeAll(async () => {
    stack = await TestStack.create({ WEBHOOK_TIMEOUT_MS: '2000' });
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
  });

  afterAll(async () => {
    console.log(
      stack.logs
        .filter((l) => /"level":[456]0/.test(l))
        .slice(0, 8)
        .join('\n'),
    );
    await stack.close();
    for (const receiver of receivers) await receiver.stop();
  });

  const receive = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
    const receiver = await Receiver.start(...args);
    receivers.push(receiver);
    return receiver;
  };
  const createEndpoint = async (client: HttpClient, body: Record<string, unknown>): Promise<Endpoint> => {
    const created = await client.post('/v1/webhook-endpoints', body);
    if (created.status !== 201) throw new Error(created.text);
    return created.json<Endpoint>();
  };
  const secretOf = async (client: HttpClient, { id }: Endpoint): Promise<string> => {
    const { secrets } = (await client.get(`/v1/webhook-endpoints/${id}/secret`)).json<{
      secrets: { secret: string }[];
    }>();
    return secrets[0]!.secret;
  };

  test('an anchored record is told to an endpoint that wants it, signed, and listed among events', async () => {
    const receiver = await receive();
    const endpoint = await createEndpoint(http, {
      url: receiver.url,
      types: ['evidence.anchored', 'batch.anchored', 'checkpoint.published'],
    });
    const { id } = await accept(http, evidenceOf());
    const event = await eventually('the event arrives', () =>
      receiver.ofType('evidence.anchored').find(({ data }) => data['evidence'] === id),
    );
    await eventually(
      'the others arrive',
      () =>
        receiver.ofType('checkpoint.published').length > 0 && receiver.ofType('batch.anchored').length > 0,
    );
    const resource = (await http.get(`/v1/evidence/${id}`)).json<Record<string, unknown>>();
    expect(event.data).toEqual({
      evidence: id,
      log: expect.any(String) as string,
      blockHeight: resource['blockHeight'],
      leafIndex: resource['leafIndex'],
      final: true,
      receipt: `/v1/evidence/${id}/receipt`,
    });
    expect((await http.get(event.data['receipt'] as string)).status).toBe(200);
    const webhook = new Webhook(await secretOf(http, endpoint));
    for (const { headers, body } of receiver.received) {
      expect(webhook.verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
      expect(headers['webhook-id']).toBe((JSON.parse(body) as { id: string }).id);
    }
    const batch = receiver
      .ofType('batch.anchored')
      .find(({ data }) => data['blockHeight'] === resource['blockHeight']);
    const listed = (await http.get(batch!.data['receipts'] as string)).json<{ items: { id: string }[] }>();
    expect(listed.items.map((item) => item.id)).toContain(id);
    expect(listed.items).toHaveLength(batch!.data['records'] as number);
    const [checkpoint] = receiver.ofType('checkpoint.published');
    expect((await api.http.get(checkpoint!.data['checkpoint'] as string)).status).toBe(200);
    const events = (await http.get('/v1/events')).json<{ items: { id: string }[] }>();
    expect(events.items).toContainEqual(event);
  });
});
