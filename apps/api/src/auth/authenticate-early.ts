/**
 * Asks for the API key before the body is read: whoever has none cannot make us parse megabytes. The guard decides
 * about scopes, and authenticates itself wherever this hook did not.
 */
import { type FastifyInstance } from 'fastify';
import { type ApiKeys } from './api-keys.js';

/** Routes under /v1 that need no key. */
const PUBLIC_ROUTES: readonly string[] = ['/v1/receipts/verify', '/v1/shares/:token', '/v1/public/evidence'];

export function authenticateEarly(fastify: FastifyInstance, apiKeys: ApiKeys): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith('/v1/') || PUBLIC_ROUTES.includes(route)) {
      done();
      return;
    }
    Promise.resolve()
      .then(() => apiKeys.authenticate(request.headers.authorization))
      .then((principal) => {
        request.principal = principal;
        done();
      }, done);
  });
}
