/**
 * One revocation list by HTTP: RFC 5280 §4.2.1.13, DER in the body. The address comes from a certificate, so the dispatcher is
 * the guarded one; the answer is bounded in time and size, and nothing of it is believed here.
 */
import { request, type Dispatcher } from 'undici';

/** Every receipt of a checkpoint carries its lists: larger ones are not for everybody's receipt. */
export const MAX_LIST_BYTES = 65_536;

export interface ListRequest {
  readonly url: string;
  /** For all of it. */
  readonly timeoutMs: number;
  /** Ends the wait when the program stops. */
  readonly stop: AbortSignal;
}

/** Throws Error for anything but a whole answer of status 200 that is not too large. */
export async function fetchList(
  dispatcher: Dispatcher,
  { url, timeoutMs, stop }: ListRequest,
): Promise<Uint8Array> {
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') throw new Error('the distribution point has a password in its URL');
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const { statusCode, body } = await request(url, {
    dispatcher,
    headers: { accept: 'application/pkix-crl', 'user-agent': 'Cunzheng-CRL/1' },
    signal,
  });
  try {
    if (statusCode !== 200) throw new Error(`the distribution point answered HTTP ${statusCode}, want 200`);
    return await readBounded(body);
  } finally {
    body.on('error', () => undefined).destroy();
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_LIST_BYTES)
      throw new Error(`the list has more than ${MAX_LIST_BYTES} bytes: receipts do not carry it`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
