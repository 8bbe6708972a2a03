/** Sends an answer that may be a replay, and says so if it is. */
import { type FastifyReply } from 'fastify';
import { type Answer } from './idempotency.js';

export function sendAnswer(reply: FastifyReply, answer: Answer): void {
  describeAnswer(reply, answer);
  void reply.status(answer.status).type('application/json; charset=utf-8').send(answer.body);
}

/** The headers that go with an answer, whatever its body. */
export function describeAnswer(reply: FastifyReply, { location, replayed }: Answer): void {
  if (location !== null) void reply.header('Location', location);
  if (replayed) void reply.header('Idempotency-Replayed', 'true');
  void reply.header('Cache-Control', 'no-store');
}
