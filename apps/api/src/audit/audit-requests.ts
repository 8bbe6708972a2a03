/**
 * What of requests goes into the audit log. Reads: the answer leaves after its entry is committed, so nothing private is
 * seen without one. Changes: one entry before anything is done and one with the outcome, so a crash in between leaves a
 * trace. Acceptance of evidence: counted. Values of queries and bodies are never written, ids in paths are.
 */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type AuditEntry } from '@cunzheng/persistence';
import { accessOf } from '../auth/access-table.js';
import { ProblemError } from '../problems/problem-error.js';
import { type AuditTrail } from './audit-trail.js';

const COUNTED: readonly string[] = ['POST /v1/evidence', 'POST /v1/evidence/batch'];
/** Ids as we make them or organizations choose them; anything else in a path is not repeated. */
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const SUBJECTS: readonly string[] = ['organization', 'id', 'keyid', 'share'];

export function auditRequests(fastify: FastifyInstance, trail: AuditTrail, now: () => number): void {
  fastify.addHook('preHandler', async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const entry = entryOf(request, 'begun', now());
    if (entry && !COUNTED.includes(entry.action)) await trail.record(entry);
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    const entry = entryOf(request, String(reply.statusCode), now());
    if (!entry) return payload;
    if (COUNTED.includes(entry.action)) {
      trail.tally(entry);
      return payload;
    }
    try {
      await trail.record(entry);
      return payload;
    } catch (error) {
      return refuse(request, reply, error);
    }
  });
}

function entryOf(request: FastifyRequest, outcome: string, atMs: number): AuditEntry | undefined {
  const { principal } = request;
  const route = request.routeOptions.url;
  if (!principal || accessOf(request.method, route) === 'public') return undefined;
  const parameters = (request.params ?? {}) as Record<string, unknown>;
  return {
    organizationKey: principal.organizationKey,
    action: `${request.method} ${route ?? ''}`,
    actor: `key:${principal.keyId}`,
    atMs,
    from: request.ip,
    outcome,
    subject: SUBJECTS.flatMap((name) => {
      const value = parameters[name];
      return typeof value === 'string' && ID.test(value) ? [value] : [];
    }),
  };
}

/** The answer is not given: what was read stays here. What was changed is changed, and its first entry says so. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): string {
  request.log.error({ err: error }, 'the audit log cannot be written');
  const problem =
    error instanceof ProblemError ? error : new ProblemError('internal', 'the audit log cannot be written');
  for (const name of ['content-length', 'etag', 'location']) void reply.removeHeader(name);
  void reply
    .status(problem.status)
    .header('Content-Type', 'application/problem+json; charset=utf-8')
    .header('Retry-After', '2');
  return JSON.stringify(problem.toDocument(request.id));
}
