/**
 * Asks for the API key before the body is read: whoever has none cannot make us parse megabytes. The guard decides
 * about scopes, and authenticates itself wherever this hook did not.
 */
import { type FastifyInstance } from 'fastify';
import { accessOf } from './access-table.js';
import { type ApiKeys } from './api-keys.js';

export function authenticateEarly(fastify: FastifyInstance, apiKeys: ApiKeys): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith('/v1/') || accessOf(request.method, route) === 'public') {
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
