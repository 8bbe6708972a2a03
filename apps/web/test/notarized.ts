/** A service with one notarized document, as the tests of the page want it. */
import { accept, receiptOf } from '@test/receipts.js';
import { fingerprintOf } from '@test/evidence.js';
import { TestStack, type TestApi } from '@test/stack.js';

export const DOCUMENT = 'Party A and Party B agree as follows.\n';
export const TITLE = 'Contract 2026-117 合同';

export interface Notarized {
  readonly stack: TestStack;
  readonly api: TestApi;
  readonly token: string;
  /** Of {@link DOCUMENT}. */
  readonly receipt: string;
}

export async function startNotarized(
  environment: Parameters<typeof TestStack.create>[0] = {},
): Promise<Notarized> {
  const stack = await TestStack.create(environment);
  try {
    const api = await stack.startApi();
    await stack.startWorker();
    const { token } = await stack.createTenant();
    const receipt = await notarize({ api, token }, DOCUMENT, { title: TITLE });
    return { stack, api, token, receipt };
  } catch (error) {
    // Nobody else could: what is left open keeps the run from ending.
    await stack.close();
    throw error;
  }
}

/** The receipt of a document. */
export async function notarize(
  { api, token }: Pick<Notarized, 'api' | 'token'>,
  document: string | Buffer,
  members: Record<string, unknown> = {},
  algorithms: readonly string[] = ['sha-256', 'sm3'],
): Promise<string> {
  const http = api.http.as(token);
  const fingerprints = algorithms.map((name) => fingerprintOf(document, name));
  const { id } = await accept(http, { fingerprints, ...members });
  return (await receiptOf(http, id)).text;
}
