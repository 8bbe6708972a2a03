/**
 * A span for each request, by its route template: what a client makes up, an id or a query, is in none. A `traceparent` that
 * the request brings is continued. What the request causes finds its span by {@link currentTrace}.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Span, type Tracing } from '@cunzheng/telemetry';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const current = new AsyncLocalStorage<string | undefined>();

/** The traceparent of the request that is being answered, if it is traced. */
export const currentTrace = (): string | undefined => current.getStore();

export function traceRequests(fastify: FastifyInstance, tracing: Tracing): void {
  if (!tracing.isOn) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { url: route = 'unmatched' } = request.routeOptions;
    // Probes come every few seconds and lead nowhere.
    if (!route.startsWith('/health')) spans.set(request, startSpan(tracing, request, route));
    done();
  });
  // Last before the handler: what reads the body would lose an earlier context.
  fastify.addHook('preHandler', (request, _reply, done) => {
    current.run(spans.get(request)?.traceparent, done);
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': statusCode });
    span?.end(statusCode >= 500 ? String(statusCode) : undefined);
    done();
  });
}

function startSpan(tracing: Tracing, { method, headers }: FastifyRequest, route: string): Span {
  const known = METHODS.has(method) ? method : '_OTHER';
  const { traceparent } = headers;
  return tracing.start(`${known} ${route}`, {
    kind: 'server',
    parent: typeof traceparent === 'string' ? traceparent : undefined,
    attributes: { 'http.request.method': known, 'http.route': route },
  });
}
