/** Runs libs/receipt on what was given: the same code as everywhere, under the trust that is in force here. */
import { portableCrypto } from '@cunzheng/crypto';
import { type TimestampResult, type VerificationReport, verifyReceipt } from '@cunzheng/receipt';
import { type Digests } from '../hashing/protocol.js';
import { type ListStamp } from '../intake/sorted-file.js';
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

/** Undefined where the trust names no roots that it could be verified with. */
export async function verifyStamp(
  { token, stamped, receipt }: ListStamp,
  source: TrustSource,
): Promise<TimestampResult | undefined> {
  const roots = trustFor(source, originOf(receipt))?.tsaRoots ?? [];
  if (roots.length === 0) return undefined;
  try {
    const evidence = { certificates: [], crls: [], ocsps: [] };
    return await verifyTimestamp({ token, data: stamped, roots, ...evidence });
  } catch (error) {
    return { valid: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
