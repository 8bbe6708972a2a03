/** Builds the API application. `main.ts` starts it as a process; tests and the benchmark build it the same way. */
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { LogController, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Logger } from 'pino';
import { noTracing, type Tracing } from '@cunzheng/telemetry';
import { AppModule, type ApiSettings } from './app.module.js';
import { auditRequests } from './audit/audit-requests.js';
import { AuditTrail } from './audit/audit-trail.js';
import { ApiKeys } from './auth/api-keys.js';
import { authenticateEarly } from './auth/authenticate-early.js';
import { limitBodies } from './http/body-deadline.js';
import { answerClientError } from './http/client-error.js';
import { describeError } from './http/describe-error.js';
import { useStrictJson } from './http/json-body.js';
import { useNdjson } from './http/ndjson-body.js';
import { logRequests } from './http/request-log.js';
import { Intake } from './intake/intake.js';
import { refuseEarly } from './intake/refuse-early.js';
import { PublicLogs } from './logs/public-logs.js';
import { ApiMetrics } from './metrics/api-metrics.js';
import { measureRequests } from './metrics/measure-requests.js';
import { serveOpenApi } from './openapi/document.js';
import { sendProblem } from './problems/problem-filter.js';
import { acceptQueries } from './tsa/accept-queries.js';
import { traceRequests } from './tracing/trace-requests.js';
import { servePage } from './web/serve-page.js';

/** Request ids of clients are taken over when they are harmless in a log. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export async function createApi(
  settings: ApiSettings,
  parentLogger: Logger,
  tracing: Tracing = noTracing,
): Promise<NestFastifyApplication> {
  const logger = parentLogger.child({}, { serializers: { err: describeError } });
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    // Fastify's own lines hold the URL with its query: ours (logRequests) do not.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.BODY_LIMIT_BYTES,
    // Without it every caller behind a proxy would be one address; trusting anybody's header would be none.
    trustProxy: settings.TRUSTED_PROXIES?.split(',') ?? false,
    // While closing, whatever still arrives on an open connection is answered; the connection closes after it.
    return503OnClosing: false,
    // Errors that come before any route.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('X-Request-Id', request.id);
      sendProblem(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      answerClientError(error, socket, logger);
    },
    genReqId: ({ headers }: { headers: IncomingHttpHeaders }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
  });
  const metrics = new ApiMetrics(settings.METRICS_PORT !== undefined);
  const module = AppModule.create({
    settings,
    metrics,
    tracing,
    now: Date.now,
    onError: (error) => {
      metrics.errors.inc();
      logger.warn({ err: error }, 'background work failed');
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  useStrictJson(fastify, settings.BODY_LIMIT_BYTES);
  acceptQueries(fastify);
  useNdjson(fastify);
  limitBodies(fastify);
  traceRequests(fastify, tracing);
  authenticateEarly(fastify, app.get(ApiKeys));
  refuseEarly(fastify, app.get(Intake));
  auditRequests(fastify, app.get(AuditTrail), Date.now);
  logRequests(fastify);
  measureRequests(fastify, metrics);
  // A connection with a request under way is not idle when the server closes: its answer must be its last.
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('X-Request-Id', request.id).header('X-Content-Type-Options', 'nosniff');
    if (closing) void reply.header('Connection', 'close');
    done(null, payload);
  });
  serveOpenApi(app);
  servePage(fastify, app.get(PublicLogs));
  return app;
}
