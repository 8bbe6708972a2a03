/**
 * Asks for the API key before the body is read: whoever has none cannot make us parse megabytes. The guard decides
 * about scopes, and authenticates itself wherever this hook did not.
 */
import { type FastifyInstance } from 'fastify';
import { accessOf } from './access-table.js';
import { type ApiKeys } from './api-keys.js';
import { type Principal } from './principal.js';

export function authenticateEarly(fastify: FastifyInstance, apiKeys: ApiKeys): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith('/v1/') || accessOf(request.method, route) === 'public') {
      done();
      return;
    }
    let caller: Principal | Promise<Principal>;
    try {
      caller = apiKeys.authenticate(request.headers.authorization);
    } catch (error) {
      done(error as Error);
      return;
    }
    const admit = (principal: Principal): void => {
      request.principal = principal;
      done();
    };
    // Most keys are remembered, and to wait for what is known already would cost every request a little.
    if (caller instanceof Promise) caller.then(admit, done);
    else admit(caller);
  });
}
