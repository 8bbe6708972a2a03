/**
 * Refuses batches of an organization that has no room for another one before their bodies are read: whoever repeats them
 * without pausing must not keep the one thread busy with parsing what will be refused.
 */
import { type FastifyInstance } from 'fastify';
import { type Intake } from './intake.js';

const ROUTE = '/v1/evidence/batch';

/** After authentication. */
export function refuseEarly(fastify: FastifyInstance, intake: Intake): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { principal, routeOptions } = request;
    if (principal && routeOptions.url === ROUTE && !intake.hasRoomForBatch(principal.organizationKey))
      done(intake.refuse());
    else done();
  });
}
