/**
 * Bodies that are streams of lines (NDJSON). They are handed to their route unread, and only to a route that wants them:
 * everywhere else the media type is unknown.
 */
import { Readable } from 'node:stream';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

export const NDJSON = 'application/x-ndjson';

const ROUTES: readonly string[] = ['/v1/imports', '/v1/imports/:id'];

/** Whether the request is for a route that takes a stream. */
export const takesNdjson = ({ routeOptions }: FastifyRequest): boolean =>
  ROUTES.includes(routeOptions.url ?? '');

export function useNdjson(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    NDJSON,
    (request: FastifyRequest, payload, done: (error: Error | null, body?: unknown) => void) => {
      if (takesNdjson(request)) done(null, payload);
      else done(new ProblemError('unsupported-media-type', 'send Content-Type: application/json'));
    },
  );
}

/** The stream of a body; an absent one is empty. @throws ProblemError `unsupported-media-type`. */
export function requireNdjson(body: unknown): Readable {
  if (body === undefined || body === null) return Readable.from([]);
  if (body instanceof Readable) return body;
  throw new ProblemError('unsupported-media-type', `send Content-Type: ${NDJSON}`);
}
