/** Single POSTs on 64 connections against a Nest-on-Fastify route that echoes the same bodies. */
import { sign } from 'node:crypto';
import { signedBody, unsignedBody, type BenchSigner } from '../bodies.js';
import { measureRate } from '../load.js';
import { type Figure } from '../report.js';
import { type BenchProgram, type BenchStack } from '../stack.js';

const BODIES = 1_024;
const PATH = '/v1/evidence';

export async function measureSingle(
  stack: BenchStack,
  api: BenchProgram,
  signer: BenchSigner,
): Promise<Figure[]> {
  const service = await readService(api);
  const unsigned = Array.from({ length: BODIES }, unsignedBody);
  const signed = Array.from({ length: BODIES }, () => signedBody(signer, stack.organization.id, service));
  const unsignedFigure = await compare('single POST, unsigned', stack, api, unsigned, 0.25);
  const signedFigure = await compare('single POST, Ed25519-signed', stack, api, signed, 0.18);
  return [unsignedFigure, signedFigure];
}

async function compare(
  name: string,
  stack: BenchStack,
  api: BenchProgram,
  bodies: readonly string[],
  target: number,
): Promise<Figure> {
  const headers = { authorization: `Bearer ${stack.organization.apiKey}` };
  const echo = await stack.startEcho();
  await measureRate({ url: echo.url, path: PATH, bodies, headers, seconds: 2 });
  const baseline = await measureRate({ url: echo.url, path: PATH, bodies, headers });
  await echo.stop();
  await measureRate({ url: api.url, path: PATH, bodies, headers, seconds: 2 });
  const value = await measureRate({ url: api.url, path: PATH, bodies, headers });
  return {
    name,
    value,
    unit: 'req/s',
    baseline: { name: 'echo', value: baseline },
    target: { at: 'least', value: target },
  };
}

/** The host part of the log's origin, which statements name. */
export async function readService(api: BenchProgram): Promise<string> {
  const { log } = (await (await fetch(`${api.url}/health/ready`)).json()) as { log: string };
  return log.split('/')[0] ?? '';
}

/** Registers the signer and its key as a client would. */
export async function registerSigner(
  { organization }: BenchStack,
  api: BenchProgram,
  signer: BenchSigner,
): Promise<void> {
  const post = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const answer = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${organization.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  const { id } = await post('/v1/signers', { name: 'Bench signer' });
  const key = { alg: 'ed25519', publicKey: signer.spki.toString('base64') };
  const { challenge, message = '' } = await post(`/v1/signers/${id}/keys`, key);
  const signature = sign(null, Buffer.from(message, 'base64'), signer.privateKey).toString('base64');
  await post(`/v1/signers/${id}/keys`, { ...key, challenge, signature });
}
