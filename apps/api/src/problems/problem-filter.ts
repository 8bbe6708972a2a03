/**
 * Every error leaves as an RFC 9457 problem document. Our own problems as they are, those of Nest and Fastify by their
 * nearest code, everything else as `internal` with the cause in the log alone.
 */
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { LedgerError } from '@cunzheng/ledger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type ProblemCode } from './catalogue.js';
import { ProblemError } from './problem-error.js';

const BY_FASTIFY_CODE: Record<string, [ProblemCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'send a smaller body: BODY_LIMIT_BYTES bounds it'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type', 'send Content-Type: application/json'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-json', 'the body is empty'],
  FST_ERR_BAD_URL: ['malformed-request', 'the path is not a valid URL: check its percent-encoding'],
  FST_ERR_MAX_PARAM_LENGTH: ['not-found', 'nothing has a name of that length'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed-request', 'the body does not have its Content-Length'],
};

/** Making tiles anew reads the whole ledger. */
const TILES_RETRY_SECONDS = 30;

@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Sends `error` as a problem document and logs what the client is not told. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = error === request.raw.errored ? brokenOff(error) : toProblem(error);
  if (problem.status >= 500) request.log.error({ err: error }, problem.code);
  if (problem.retryAfterSeconds !== undefined)
    void reply.header('Retry-After', String(problem.retryAfterSeconds));
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="cunzheng"');
  void reply
    .status(problem.status)
    .header('Content-Type', 'application/problem+json; charset=utf-8')
    .header('Cache-Control', 'no-store')
    .send(JSON.stringify(problem.toDocument(request.id)));
}

function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof LedgerError && error.code === 'tile-missing') return toTilesMissing(error);
  const [code, detail] = BY_FASTIFY_CODE[(error as { code?: string }).code ?? ''] ?? [];
  if (code && detail) return new ProblemError(code, detail, { cause: error });
  if (error instanceof HttpException) return fromStatus(error.getStatus(), error);
  const status = (error as { statusCode?: number }).statusCode;
  return fromStatus(typeof status === 'number' ? status : 500, error);
}

/** A client that goes away while its body is read is no fault of ours; it does not see the answer. */
const brokenOff = (cause: unknown): ProblemError =>
  new ProblemError('malformed-request', 'the connection broke before the body ended', { cause });

/** What is not published was refused before; a tile that is missing nevertheless is being made anew, or lost until it is. */
function toTilesMissing(cause: LedgerError): ProblemError {
  const detail = 'hashes of the ledger are being made anew: repeat the request later';
  return new ProblemError('not-ready', detail, { retryAfterSeconds: TILES_RETRY_SECONDS, cause });
}

function fromStatus(status: number, cause: unknown): ProblemError {
  if (status === 404) return new ProblemError('not-found', 'no such route: see /docs for the API', { cause });
  if (status === 413) return new ProblemError('body-too-large', 'send a smaller body', { cause });
  if (status === 415)
    return new ProblemError('unsupported-media-type', 'send Content-Type: application/json', { cause });
  if (status >= 400 && status < 500)
    return new ProblemError('malformed-request', 'the request cannot be understood', { cause });
  return new ProblemError('internal', 'try again; if it stays, report the requestId to the operator', {
    cause,
  });
}
