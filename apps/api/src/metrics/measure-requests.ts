/** Measures every request by its route template, so that what a client makes up does not become a label. */
import { type FastifyInstance } from 'fastify';
import { type ApiMetrics } from './api-metrics.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function measureRequests(fastify: FastifyInstance, { requests }: ApiMetrics): void {
  fastify.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    const labels = {
      method: METHODS.has(method) ? method : 'other',
      route: routeOptions.url ?? 'unmatched',
      status: String(reply.statusCode),
    };
    requests.observe(labels, reply.elapsedTime / 1_000);
    done();
  });
}
