/**
 * A typed client of the REST API. Paths, parameters, bodies and answers are generated from the OpenAPI document
 * (`npm run openapi`); openapi-fetch sends the requests, with the platform's own `fetch`, in Node and in browsers.
 */
import createFetchClient, { type Client } from 'openapi-fetch';
import { type components, type paths } from './api-types.js';

/** Names of the document's schemas, such as `Schema<'Evidence'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];
export type CunzhengClient = Client<paths>;

export interface ClientOptions {
  /** Where the service is, such as `https://notary.example`. */
  readonly url: string;
  /** Without a key only public routes answer. */
  readonly apiKey?: string | undefined;
  /** Stands in for the platform's `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * Each call gives `{data}` or `{error}`, an RFC 9457 problem document, and the `response`; it rejects only when there was
 * no answer. `client.POST('/v1/evidence', {body: {fingerprints}})`.
 */
export function createClient({ url, apiKey, fetch }: ClientOptions): CunzhengClient {
  return createFetchClient<paths>({
    baseUrl: url,
    ...(apiKey !== undefined && { headers: { Authorization: `Bearer ${apiKey}` } }),
    ...(fetch && { fetch }),
  });
}
