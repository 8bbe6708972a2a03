/**
 * Timestamp tokens that clients bring (RFC 3161): each must be over one of the record's own fingerprints and count in full
 * against the roots that the operator configured. A token that does not is refused with the reason; one that does becomes a
 * disclosure `token.<i>`, and whoever verifies the receipt judges it again by roots of their own.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type Fingerprint } from '@cunzheng/receipt';
import { parseToken, TimestampError, verifyToken } from '@cunzheng/timestamp';
import { ProblemError } from '../problems/problem-error.js';

export interface TokenContext {
  /** DER roots of the timestamping authorities that are believed. */
  readonly tsaRoots: readonly Uint8Array[];
  readonly nowMs: number;
}

/** The tokens as they came, base64, if all of them count. @throws ProblemError `token-invalid` naming the first that does not. */
export async function verifyClientTokens(
  tokens: readonly string[] = [],
  fingerprints: readonly Fingerprint[],
  context: TokenContext,
): Promise<readonly string[]> {
  for (const [index, token] of tokens.entries()) {
    await verifyClientToken(Buffer.from(token, 'base64'), fingerprints, context).catch((error: unknown) => {
      if (!(error instanceof TimestampError)) throw error;
      const detail = `token ${index} does not count: ${error.code}: ${error.message}`;
      throw new ProblemError('token-invalid', detail, {
        errors: [{ pointer: `/tokens/${index}`, detail: error.code }],
        cause: error,
      });
    });
  }
  return tokens;
}

async function verifyClientToken(
  token: Uint8Array,
  fingerprints: readonly Fingerprint[],
  { tsaRoots, nowMs }: TokenContext,
): Promise<void> {
  const { imprint } = parseToken(token).info;
  const fingerprint = fingerprints.find(({ algorithm }) => algorithm === imprint.algorithm);
  if (fingerprint === undefined) {
    throw new TimestampError('imprint-mismatch', 'the token is by an algorithm that no fingerprint here has');
  }
  const stamped = { algorithm: fingerprint.algorithm, digest: Buffer.from(fingerprint.digest, 'hex') };
  await verifyToken(nativeCrypto, { token, stamped, roots: tsaRoots, nowMs });
}
