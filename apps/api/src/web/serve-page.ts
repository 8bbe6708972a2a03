/**
 * Serves the built page: `/`, `/explorer` and `/v/{token}` are the same document, assets are named by their content and
 * kept for good, `verify.html` comes with its SHA-256. Plain Fastify routes: files are no resources of the API.
 */
import { createHash } from 'node:crypto';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { matchesEtag } from '../http/etag.js';
import { type PublicLogs } from '../logs/public-logs.js';
import { policyFor } from './content-security-policy.js';
import { type PageFile, readPageFiles } from './page-files.js';
import { VerifyFile } from './verify-file.js';

const DOCUMENT_PATHS = ['/', '/explorer', '/v/:token'];
const IMMUTABLE = 'public, max-age=31536000, immutable';

export function servePage(fastify: FastifyInstance, logs: PublicLogs): void {
  const files = readPageFiles();
  const index = files.get('index.html');
  const template = files.get('verify.html');
  if (index === undefined || template === undefined) {
    fastify.log.warn('the page is not built (npm run build:web): it is not served');
    return;
  }
  for (const path of DOCUMENT_PATHS) {
    fastify.get(path, (request, reply) => {
      send(request, reply, { name: 'index.html', file: index, cache: 'no-cache' });
    });
  }
  for (const [name, file] of files) {
    if (!name.startsWith('assets/')) continue;
    fastify.get(`/${name}`, (request, reply) => {
      send(request, reply, { name, file, cache: IMMUTABLE });
    });
  }
  const verifyFile = new VerifyFile(template, () => logs.describeAll());
  serveVerifyFile(fastify, verifyFile);
}

function serveVerifyFile(fastify: FastifyInstance, verifyFile: VerifyFile): void {
  fastify.get('/verify.html', async (request, reply) => {
    send(request, reply, { name: 'verify.html', file: await verifyFile.read(), cache: 'no-cache' });
    return reply;
  });
  // As sha256sum writes it, so that `sha256sum --check` reads it.
  fastify.get('/verify.html.sha256', async (_request, reply) => {
    const { body } = await verifyFile.read();
    const hash = createHash('sha256').update(body).digest('hex');
    return reply
      .header('Cache-Control', 'no-cache')
      .type('text/plain; charset=utf-8')
      .send(`${hash}  verify.html\n`);
  });
}

interface Outgoing {
  readonly name: string;
  readonly file: PageFile;
  readonly cache: string;
}

function send(request: FastifyRequest, reply: FastifyReply, { name, file, cache }: Outgoing): void {
  void reply.headers({
    'Content-Security-Policy': policyFor(name),
    'Cache-Control': cache,
    ETag: file.etag,
    Vary: 'Accept-Encoding',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  });
  if (matchesEtag(request.headers['if-none-match'], file.etag)) {
    void reply.status(304).send();
    return;
  }
  const isGzip = file.gzipped !== undefined && acceptsGzip(request.headers['accept-encoding']);
  if (isGzip) void reply.header('Content-Encoding', 'gzip');
  void reply.type(file.type).send(isGzip ? file.gzipped : file.body);
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return String(accepted ?? '')
    .split(',')
    .some((coding) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
}
