/** Runs libs/receipt on what was given: the same code as everywhere, under the trust that is in force here. */
import { portableCrypto } from '@cunzheng/crypto';
import { type VerificationReport, verifyReceipt } from '@cunzheng/receipt';
import { type Digests } from '../hashing/protocol.js';
import { trustFor } from '../trust/parse-trust.js';
import { type TrustSource } from '../trust/trust-source.js';
import { originOf } from './read-receipt.js';
import { verifyCertificates } from './certificate-verifier.js';
import { verifyTimestamp } from './timestamp-verifier.js';

export async function verifyGiven(
  receipt: Uint8Array,
  digests: Digests | undefined,
  source: TrustSource,
): Promise<VerificationReport> {
  const document = digests && Object.entries(digests).map(([algorithm, digest]) => ({ algorithm, digest }));
  return await verifyReceipt(receipt, {
    crypto: portableCrypto,
    trust: trustFor(source, originOf(receipt)),
    verifyTimestamp,
    verifyCertificates,
    ...(document === undefined ? {} : { document }),
  });
}
