/** The OpenAPI document held to what happens: its routes, its schemas and its examples are real. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createVerifier, formatTrustFolder, parsePolicy, parseTrust } from '@cunzheng/receipt';
import {
  createSigningKey,
  entryOf,
  evidenceOf,
  fingerprintOf,
  registerSigner,
  type BatchResult,
  type Problem,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { listRoutes } from '@test/list-routes.js';
import { validatorOf } from '@test/openapi-schemas.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { ACCESS } from '../src/auth/access-table.js';
import {
  exampleAccepted,
  exampleReceipt,
  exampleRequest,
  exampleVerifierKey,
} from '../src/openapi/examples.js';

interface Operation {
  readonly summary?: string;
  readonly tags?: string[];
  readonly security?: unknown[];
  readonly 'x-scope'?: string;
  readonly 'x-roles'?: string[];
  readonly parameters?: { name: string; in: string }[];
  readonly requestBody?: { content: Record<string, Content> };
  readonly responses: Record<string, { description: string; content?: Record<string, Content> }>;
}
interface Content {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Record<string, { value: unknown }>;
}
type Schema = { readonly $ref?: string; readonly example?: unknown; readonly examples?: unknown[] } & Record<
  string,
  unknown
>;
interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

describe('the OpenAPI document', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let document: OpenApi;
  let text: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    ({ text } = await api.http.get('/openapi.json'));
    document = JSON.parse(text) as OpenApi;
  });

  afterAll(() => stack.close());

  const operations = (): [string, Operation][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1)!]!;

  test('every operation that needs a key says which scope, and the roles that have it', () => {
    const shown = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation['x-scope'] ?? 'public',
      ]),
    );
    const wanted = Object.entries(ACCESS).map(([route, scope]) => [
      route.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}'),
      scope,
    ]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
    for (const [, { security, 'x-scope': scope }] of operations())
      expect(security).toEqual(scope === undefined ? [] : [{ bearer: [] }]);
    expect(document.paths['/v1/evidence']?.['post']?.['x-roles']).toEqual(['submitter']);
    expect(document.paths['/v1/audit-log']?.['get']?.['x-roles']).toEqual(['auditor']);
  });

  test('is OpenAPI 3.1, every reference in it leads somewhere, and Swagger UI shows it', async () => {
    expect(document.openapi).toBe('3.1.0');
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      expect([
        pointer,
        pointer!
          .split('/')
          .reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document),
      ]).toEqual([pointer, expect.anything()]);
    }
    const page = await api.http.get('/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html']);
    for (const [, asset] of page.text.matchAll(/(?:src|href)="(\.\/[^"]+\.(?:js|css))"/g))
      expect((await api.http.get(`/${asset!.slice(2)}`)).status).toBe(200);
  });

  test('describes every route that exists, and no other', async () => {
    const described = operations()
      .map(([name]) => name)
      .sort();
    const routes = listRoutes(stack.settings(stack.database.apiUrl)).map((route) =>
      route.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}'),
    );
    expect(described).toEqual(routes.sort());
    // A route that is there refuses for another reason than its absence, if at all.
    for (const name of described) {
      const [method = '', path = ''] = name.split(' ');
      const answer = await api.http.send({ method, path: path.replaceAll(/\{\w+\}/g, '0') });
      if (answer.status === 404) expect(answer.json<Problem>().detail).not.toMatch(/no such route/);
    }
  });

  test('every operation has a summary, a tag, its problems, and an example for what goes in and out', () => {
    for (const [name, { summary, tags, responses, requestBody, security }] of operations()) {
      expect([name, summary?.length, tags?.length]).toEqual([name, expect.any(Number), 1]);
      if (security?.length) expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403']));
      const bodies = [
        ...Object.values(requestBody?.content ?? {}),
        ...Object.values(responses).flatMap(({ content }) => Object.values(content ?? {})),
      ];
      for (const { schema, example, examples } of bodies) {
        const binary = schema['format'] === 'binary';
        const given = example ?? examples ?? resolve(schema).example ?? resolve(schema).examples;
        if (!binary && !name.includes('/logs/{log}'))
          expect([name, given]).toEqual([name, expect.anything()]);
      }
    }
  });

  test('every example fits its schema', () => {
    let checked = 0;
    const check = (schema: Schema, example: unknown): void => {
      const outcome = validatorOf(schema, document.components.schemas).safeParse(example);
      expect(outcome.error?.issues ?? []).toEqual([]);
      checked += 1;
    };
    for (const schema of Object.values(document.components.schemas)) {
      for (const example of [
        ...(schema.examples ?? []),
        ...(schema.example === undefined ? [] : [schema.example]),
      ])
        check(schema, example);
    }
    for (const [, { responses }] of operations()) {
      for (const { schema, example, examples } of Object.values(responses).flatMap(({ content }) =>
        Object.values(content ?? {}),
      )) {
        if (example !== undefined) check(schema, example);
        for (const { value } of Object.values(examples ?? {})) check(schema, value);
      }
    }
    expect(checked).toBeGreaterThan(60);
  });

  test('its example requests are accepted, and what comes back fits the documented schema', async () => {
    const exampleOf = (name: string): unknown =>
      document.components.schemas[name]?.example ?? document.components.schemas[name]?.examples?.[0];
    const expectDocumented = (route: string, answer: Answer): void => {
      const [method, path] = route.split(' ') as [string, string];
      const described = document.paths[path]?.[method.toLowerCase()]?.responses[String(answer.status)];
      const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
      const content = described?.content?.[type];
      expect([route, answer.status, type, content]).toEqual([route, answer.status, type, expect.anything()]);
      const value: unknown =
        type.endsWith('json') && content!.schema['type'] !== 'string' ? answer.json() : answer.text;
      const validator = validatorOf(content!.schema, document.components.schemas);
      expect(validator.safeParse(value).error?.issues ?? []).toEqual([]);
    };
    const { id } = await accept(http, evidenceOf());
    const request = exampleOf('EvidenceRequest');
    expect(request).toEqual(exampleRequest);
    const accepted = await http.post('/v1/evidence', request);
    expect(accepted.status).toBe(202);
    expectDocumented('POST /v1/evidence', accepted);
    expectDocumented('POST /v1/evidence', await http.post('/v1/evidence', request));
    expectDocumented(
      'POST /v1/evidence',
      await http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=20' }),
    );
    expectDocumented('POST /v1/evidence', await http.post('/v1/evidence', {}));
    const batchBody =
      document.paths['/v1/evidence/batch']?.['post']?.requestBody?.content['application/json'];
    const batch = await http.post('/v1/evidence/batch', batchBody?.schema.example ?? batchBody?.example);
    expect(batch.json<{ results: BatchResult[] }>().results.map(({ status }) => status)).toEqual([200]);
    expectDocumented('POST /v1/evidence/batch', batch);
    expectDocumented(
      'POST /v1/evidence/batch',
      await http.post('/v1/evidence/batch', { items: [{}, evidenceOf()] }),
    );
    const receipt = await receiptOf(http, id);
    expectDocumented('GET /v1/evidence/{id}/receipt', receipt);
    expectDocumented('GET /v1/evidence/{id}', await http.get(`/v1/evidence/${id}`));
    expectDocumented('GET /v1/evidence', await http.get('/v1/evidence'));
    expectDocumented(
      'POST /v1/receipts/verify',
      await http.post('/v1/receipts/verify', { receipt: receipt.text }),
    );
    expectDocumented(
      'POST /v1/receipts/verify',
      await http.post('/v1/receipts/verify', exampleOf('VerifyRequest')),
    );
    const signer = await http.post('/v1/signers', exampleOf('SignerRequest'));
    expect(signer.status).toBe(201);
    expectDocumented('POST /v1/signers', signer);
    const signerId = signer.json<{ id: string }>().id;
    const { alg, publicKey } = exampleOf('SignerKeyRequest') as Record<string, string>;
    expectDocumented(
      'POST /v1/signers/{id}/keys',
      await http.post(`/v1/signers/${signerId}/keys`, { alg, publicKey }),
    );
    expectDocumented(
      'POST /v1/signers/{id}/keys',
      await http.post(`/v1/signers/${signerId}/keys`, exampleOf('SignerKeyRequest')),
    );
    const key = createSigningKey();
    const withKey = await registerSigner(http, 'documented', key);
    expectDocumented('GET /v1/signers/{id}', await http.get(`/v1/signers/${withKey}`));
    for (const path of ['/health/live', '/health/ready'])
      expectDocumented(`GET ${path}`, await http.get(path));
  });

  test('its example evidence is real: the entry, the disclosures and the receipt verify', async () => {
    expect(exampleAccepted.entry).toBe(entryOf(exampleAccepted.record).toString('base64'));
    expect(JSON.parse(exampleAccepted.record)).toMatchObject({
      id: exampleAccepted.id,
      acceptedAt: exampleAccepted.acceptedAt,
      fingerprints: exampleRequest.fingerprints,
    });
    const trust = parseTrust(
      nativeCrypto,
      formatTrustFolder({ policy: parsePolicy(nativeCrypto, `log ${exampleVerifierKey}\nquorum none\n`) }),
    );
    const report = await createVerifier({ crypto: nativeCrypto, trust }).verify(exampleReceipt, {
      document: [fingerprintOf('abc')],
    });
    expect(report.verdict).toBe('holds');
    expect(JSON.parse(exampleReceipt)).toMatchObject({
      record: exampleAccepted.record,
      disclosures: [...exampleAccepted.disclosures].sort(),
    });
  });
});
