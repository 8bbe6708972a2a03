/**
 * How public data leaves: for any origin (it is the same for everyone and needs no credentials), and cacheable as long
 * as it holds. What is under a checkpoint never changes; what grows is revalidated by its hash. Problems are not cached.
 */
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type Observable } from 'rxjs';
import { matchesEtag } from '../http/etag.js';

export interface PublicAnswer {
  readonly body: Uint8Array | string;
  readonly type: string;
  /** Whether this URL will answer the same bytes for ever. */
  readonly immutable: boolean;
}

export const TEXT = 'text/plain; charset=utf-8';
export const BYTES = 'application/octet-stream';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Lets scripts of every web page read the answers of a controller, problems included. */
@Injectable()
export class PublicAccess implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('Access-Control-Allow-Origin', '*').header('Access-Control-Expose-Headers', 'ETag');
    return next.handle();
  }
}

export function jsonAnswerOf(value: unknown, { immutable }: { immutable: boolean }): PublicAnswer {
  return { body: JSON.stringify(value), type: JSON_TYPE, immutable };
}

/** Sends, or answers 304 when the client has these bytes. Fastify makes the answer to HEAD out of that to GET. */
export function sendPublic(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, type, immutable }: PublicAnswer,
): void {
  if (immutable) {
    void reply.header('Cache-Control', 'public, max-age=31536000, immutable').type(type).send(body);
    return;
  }
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  void reply.header('Cache-Control', 'no-cache').header('ETag', etag);
  if (matchesEtag(request.headers['if-none-match'], etag)) void reply.status(304).send();
  else void reply.type(type).send(body);
}
