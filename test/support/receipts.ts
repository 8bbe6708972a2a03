/** Waiting for receipts, and verifying them the way an outsider does: with the log's published key alone. */
import { portableCrypto, type CryptoSuite } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createVerifier,
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  type VerificationReport,
  type Verifier,
} from '@cunzheng/receipt';
import { eventually } from './eventually.js';
import { type Evidence, type Fingerprint } from './evidence.js';
import { type Answer, type HttpClient } from './http-client.js';
import { type TestStack } from './stack.js';

/** Sends evidence until the log is open, then gives the accepted resource. */
export async function accept(http: HttpClient, body: unknown): Promise<Evidence> {
  const answer = await eventually('evidence is accepted', async () => {
    const sent = await http.post('/v1/evidence', body);
    return sent.status === 503 ? undefined : sent;
  });
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.text}`);
  return answer.json<Evidence>();
}

/** The receipt as soon as there is one. */
export async function receiptOf(http: HttpClient, id: string): Promise<Answer> {
  return await eventually(`the receipt of ${id}`, async () => {
    const answer = await http.get(`/v1/evidence/${id}/receipt`);
    if (answer.status !== 200 && answer.problem !== 'receipt-pending')
      throw new Error(`no receipt: ${answer.text}`);
    return answer.status === 200 && answer;
  });
}

/** Verifiers that trust the stack's log and nobody else: portable code, and node:crypto behind the same interface. */
export async function verifiersFor(stack: TestStack): Promise<Record<'portable' | 'native', Verifier>> {
  const keys = await stack.query<{ vkey: string; fromSize: number; toSize: number | null }>(
    'SELECT verifier_key AS vkey, from_size::float8 AS "fromSize", to_size::float8 AS "toSize" FROM log_key',
  );
  const policy = `${keys.map(({ vkey }) => `log ${vkey}\n`).join('')}quorum none\n`;
  const keyWindows = keys.map(({ toSize, ...window }) => (toSize === null ? window : { ...window, toSize }));
  const verifierWith = (crypto: CryptoSuite): Verifier =>
    createVerifier({
      crypto,
      trust: parseTrust(crypto, formatTrustFolder({ policy: parsePolicy(crypto, policy), keyWindows })),
    });
  return { portable: verifierWith(portableCrypto), native: verifierWith(nativeCrypto) };
}

/** Verifies on both paths, which must agree, and gives the report. */
export async function verifyOnBothPaths(
  verifiers: Record<'portable' | 'native', Verifier>,
  receipt: Uint8Array,
  document?: readonly Fingerprint[],
): Promise<VerificationReport> {
  const options = document ? { document: document as never } : {};
  const [portable, native] = await Promise.all([
    verifiers.portable.verify(receipt, options),
    verifiers.native.verify(receipt, options),
  ]);
  expect(portable).toEqual(native);
  return native;
}
