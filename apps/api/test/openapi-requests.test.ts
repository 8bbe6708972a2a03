/**
 * Requests made from the OpenAPI document alone, well-formed and spoilt: none may end in a 500, and every answer must have a
 * status, a media type and a shape that the document gives.
 */
import fc from 'fast-check';
import { evidenceOf } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { validatorOf } from '@test/openapi-schemas.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';

/** Requests that each route gets at least: chance alone would leave some out. */
const EACH_ROUTE = 10;
/** Requests of any route. */
const RUNS = 1_500;

type Schema = Readonly<Record<string, unknown>>;
interface Content {
  readonly schema?: Schema;
}
interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Schema }[];
  readonly requestBody?: { required?: boolean; content: Record<string, Content> };
  readonly responses: Readonly<Record<string, { content?: Record<string, Content> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface Made {
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

const NONSENSE = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('', '\0', '\ud800', '\ufffe', -1, 1e300, 0.5, null, [], {}, '../..', '%00', "' OR 1=1 --"),
);

/** Values that a schema describes, and now and then one that it does not. */
function valuesOf(schema: Schema, document: Document, depth = 0): fc.Arbitrary<unknown> {
  const inner = (child: unknown): fc.Arbitrary<unknown> => valuesOf(child as Schema, document, depth + 1);
  const fitting = (): fc.Arbitrary<unknown> => {
    if (typeof schema['$ref'] === 'string')
      return inner(document.components.schemas[schema['$ref'].split('/').at(-1)!]);
    if (schema['const'] !== undefined) return fc.constant(schema['const']);
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
    const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
    if (choices) return fc.oneof(...choices.map(inner));
    if (depth > 6) return fc.constant(null);
    return plainValuesOf(schema, inner);
  };
  return fc.oneof({ weight: 40, arbitrary: fitting() }, { weight: 1, arbitrary: NONSENSE });
}

function plainValuesOf(
  schema: Schema,
  inner: (child: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const bound = (name: string, otherwise: number): number =>
    (schema[name] as number | undefined) ?? otherwise;
  switch (schema['type']) {
    case 'string':
      return textsOf(schema, Math.min(bound('maxLength', 40), 200), bound('minLength', 0));
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(bound('minimum', 0), -1e6),
        max: Math.min(bound('maximum', 1e6), 1e6),
      });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(inner(schema['items'] ?? {}), {
        minLength: Math.min(bound('minItems', 0), 3),
        maxLength: Math.min(bound('maxItems', 3), 3),
      });
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, inner(child)]),
      );
      return fc.record(members, { requiredKeys: (schema['required'] ?? []) as string[] });
    }
    default:
      return NONSENSE;
  }
}

function textsOf(schema: Schema, maxLength: number, minLength: number): fc.Arbitrary<string> {
  if (schema['format'] === 'uuid') return fc.uuid();
  if (schema['format'] === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString());
  // fast-check makes no texts for patterns that look ahead.
  if (typeof schema['pattern'] === 'string' && !schema['pattern'].includes('(?'))
    return fc.stringMatching(new RegExp(schema['pattern'])).filter((text) => text.length <= 4_000);
  return fc.string({ minLength, maxLength, unit: 'grapheme' });
}

describe('requests made from the OpenAPI document', () => {
  let stack: TestStack;
  let http: HttpClient;
  let document: Document;
  let known: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    document = (await http.get('/openapi.json')).json<Document>();
    known = (await accept(http, evidenceOf())).id;
    await receiptOf(http, known);
  });

  afterAll(() => stack.close());

  function requestsOf(method: string, route: string, operation: Operation): fc.Arbitrary<Made> {
    const { parameters = [], requestBody } = operation;
    const [mediaType = '', content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    const given = parameters.map(({ required = false, schema = {}, in: place }) => {
      const values = valuesOf(schema, document).map((value) =>
        typeof value === 'string' ? value : JSON.stringify(value),
      );
      if (place === 'path') return fc.oneof(fc.constant(known), values);
      return required ? values : fc.option(values, { nil: undefined, freq: 2 });
    });
    const body = content?.schema
      ? valuesOf(content.schema, document).map((value) =>
          mediaType.endsWith('json') && !mediaType.endsWith('ndjson') ? JSON.stringify(value) : String(value),
        )
      : fc.constant(undefined);
    return fc.tuple(fc.tuple(...given), body).map(([values, sent]) => {
      const named = parameters.map(({ name, in: place }, index) => ({ name, place, value: values[index] }));
      return {
        method: method.toUpperCase(),
        route,
        path: pathOf(route, named),
        headers: {
          ...(sent !== undefined && { 'content-type': mediaType }),
          ...Object.fromEntries(
            named
              .filter(({ place, value }) => place === 'header' && /^[!-~]+$/.test(value ?? ''))
              .map(({ name, value }) => [name, value!]),
          ),
        },
        body: sent,
      };
    });
  }

  function pathOf(
    route: string,
    named: readonly { name: string; place: string; value: string | undefined }[],
  ): string {
    const encode = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
    const path = route.replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) => encode(named.find((parameter) => parameter.name === name)?.value ?? 'x') || 'x',
    );
    const query = named
      .filter(({ place, value }) => place === 'query' && value !== undefined)
      .map(({ name, value }) => `${name}=${encode(value!)}`);
    return query.length === 0 ? path : `${path}?${query.join('&')}`;
  }

  const validators = new Map<Schema, ReturnType<typeof validatorOf>>();
  function knownValidatorOf(schema: Schema): ReturnType<typeof validatorOf> {
    const made = validators.get(schema) ?? validatorOf(schema, document.components.schemas);
    validators.set(schema, made);
    return made;
  }

  /** What is wrong with an answer, if anything is. */
  function faultOf({ method, route }: Made, answer: Answer): string | undefined {
    const { status } = answer;
    // A path that leads elsewhere, as with dots in it, is another route's, or none.
    if (status === 404 && answer.text.includes('no such route')) return undefined;
    const described = document.paths[route]?.[method.toLowerCase()]?.responses[String(status)];
    if (status === 500 || !described) return 'status';
    if (!described.content) return undefined;
    const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
    const schema = described.content[type]?.schema;
    if (!schema) return `media type ${type}`;
    if (!type.endsWith('json') || type.endsWith('ndjson') || schema['type'] === 'string') return undefined;
    const { error } = knownValidatorOf(schema).safeParse(answer.json());
    return error && `shape: ${error.message}`;
  }

  test('none is a 500, and every answer is one that is described', async () => {
    const all = Object.entries(document.paths).flatMap(([route, methods]) =>
      Object.entries(methods).map(([method, operation]) => requestsOf(method, route, operation)),
    );
    const faults = new Map<string, string>();
    const send = async (made: Made): Promise<void> => {
      const answer = await http.send(made);
      const fault = faultOf(made, answer);
      if (fault === undefined) return;
      const what = `${made.method} ${made.route} ${answer.status} ${fault}`;
      if (!faults.has(what))
        faults.set(what, `${made.path} ${made.body ?? ''} gave ${answer.text.slice(0, 500)}`);
    };
    for (const requests of all) for (const made of fc.sample(requests, EACH_ROUTE)) await send(made);
    await fc.assert(fc.asyncProperty(fc.oneof(...all), send), { numRuns: RUNS });
    expect([...faults]).toEqual([]);
  });
});
