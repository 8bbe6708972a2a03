/**
 * What of requests goes into the audit log. Reads: the answer leaves after its entry is committed, so nothing private is
 * seen without one. Changes: one entry before anything is done and one with the outcome, so a crash in between leaves a
 * trace. Acceptance of evidence: counted. Values of queries and bodies are never written, ids in paths are.
 */
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type AuditEntry } from '@cunzheng/persistence';
import { accessOf } from '../auth/access-table.js';
import { ProblemError } from '../problems/problem-error.js';
import { notesOf } from './audit-notes.js';
import { type AuditTrail } from './audit-trail.js';

const COUNTED = new Set(['POST /v1/evidence', 'POST /v1/evidence/batch']);
/** Parameters that name something, in the forms that ids have; anything else in a path may be private and is not repeated. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SUBJECTS: readonly (readonly [string, RegExp])[] = [
  ['organization', /^[a-z0-9][a-z0-9-]{1,62}$/],
  // Of keys (see createApiKeyToken), of everything else.
  ['id', new RegExp(`^[a-z2-7]{8}$|${UUID.source}`, 'i')],
  ['keyid', /^[0-9a-f]{64}$/],
  ['share', UUID],
];

export function auditRequests(fastify: FastifyInstance, trail: AuditTrail, now: () => number): void {
  fastify.addHook('preHandler', (request, _reply, done) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const entry = isRead || COUNTED.has(actionOf(request)) ? undefined : entryOf(request, 'begun', now());
    if (entry)
      trail.record(entry).then(() => {
        done();
      }, done);
    else done();
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const entries = entriesOf(request, String(reply.statusCode), now());
    if (COUNTED.has(actionOf(request))) {
      for (const entry of entries) trail.tally(entry);
      done(null, payload);
      return;
    }
    Promise.all(entries.map((entry) => trail.record(entry))).then(
      () => {
        done(null, payload);
      },
      (error: unknown) => {
        done(null, refuse(request, reply, error));
      },
    );
  });
}

type OwnEntry = AuditEntry & { readonly subject: readonly string[] };

/** The caller's own, and one for each organization else whose data were shown. */
function entriesOf(request: FastifyRequest, outcome: string, atMs: number): AuditEntry[] {
  const own = entryOf(request, outcome, atMs);
  const { disclosures = [], subject = [], records } = notesOf(request) ?? {};
  const action = actionOf(request);
  return [
    ...(own
      ? [{ ...own, subject: [...own.subject, ...subject], ...(records !== undefined && { records }) }]
      : []),
    ...disclosures.map((disclosure) => ({ ...disclosure, action, outcome, atMs })),
  ];
}

const actionOf = ({ method, routeOptions }: FastifyRequest): string => `${method} ${routeOptions.url ?? ''}`;

function entryOf(request: FastifyRequest, outcome: string, atMs: number): OwnEntry | undefined {
  const { principal } = request;
  const route = request.routeOptions.url;
  if (!principal || accessOf(request.method, route) === 'public') return undefined;
  const parameters = (request.params ?? {}) as Record<string, unknown>;
  return {
    organizationKey: principal.organizationKey,
    action: actionOf(request),
    actor: `key:${principal.keyId}`,
    atMs,
    from: request.ip,
    outcome,
    subject: SUBJECTS.flatMap(([name, form]) => {
      const value = parameters[name];
      return typeof value === 'string' && form.test(value) ? [value] : [];
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
