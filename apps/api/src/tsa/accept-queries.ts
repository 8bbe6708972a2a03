/** The body of a timestamp query, as it came: RFC 3161 §3.4. An honest one has less than two hundred bytes. */
import { type FastifyInstance } from 'fastify';

export const QUERY_TYPE = 'application/timestamp-query';
export const REPLY_TYPE = 'application/timestamp-reply';

const MAX_QUERY_BYTES = 4_096;

/** A body of this type becomes a Buffer; routes that want JSON refuse it by their schema. */
export function acceptQueries(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    QUERY_TYPE,
    { parseAs: 'buffer', bodyLimit: MAX_QUERY_BYTES },
    (_request, body, done) => {
      done(null, body);
    },
  );
}
