/**
 * The witness on the network: `POST /add-checkpoint` of C2SP tlog-witness and nothing else. Anyone may ask, so sizes, times
 * and connections are bounded before anything is read.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddCheckpointResponse, MAX_ADD_CHECKPOINT_LENGTH } from '@cunzheng/receipt';

const PATH = '/add-checkpoint';
const TEXT_TYPE = 'text/plain; charset=utf-8';
/** The limit of the format is in UTF-16 units; what is not ASCII in a note takes at most three bytes for each. */
const MAX_BODY_BYTES = MAX_ADD_CHECKPOINT_LENGTH * 3;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 512;

type Answer = Pick<AddCheckpointResponse, 'status' | 'body'> & Partial<AddCheckpointResponse>;

/** Not listening yet. `onFatal` is told what `addCheckpoint` threw; nothing may be cosigned after that. */
export function createWitnessServer(
  addCheckpoint: (request: string) => Promise<AddCheckpointResponse>,
  onFatal: (error: unknown) => void,
): Server {
  const options = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  };
  const server = createServer(options, (request, response) => {
    answer(request, addCheckpoint).then(
      (result) => {
        send(response, result);
      },
      (error: unknown) => {
        send(response, { status: 500, body: 'the witness cannot go on\n' });
        onFatal(error);
      },
    );
  });
  server.timeout = IDLE_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answer(
  request: IncomingMessage,
  addCheckpoint: (request: string) => Promise<AddCheckpointResponse>,
): Promise<Answer> {
  if (request.url !== PATH) return { status: 404, body: `nothing is here but POST ${PATH}\n` };
  if (request.method !== 'POST') return { status: 405, body: 'want POST\n' };
  const body = await readBody(request).catch(() => undefined);
  if (body === undefined) return { status: 400, body: 'the request did not arrive whole\n' };
  if (body === 'too large') return { status: 413, body: `want at most ${MAX_BODY_BYTES} bytes\n` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return { status: 400, body: 'want UTF-8\n' };
  }
  return addCheckpoint(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large'> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return 'too large';
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop early would destroy the connection before the answer is sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) return 'too large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, contentType = TEXT_TYPE, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'POST' } : {}),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    // What was not read must not be taken for the next request.
    ...(status === 413 || status >= 500 ? { connection: 'close' } : {}),
  });
  response.end(body);
}
