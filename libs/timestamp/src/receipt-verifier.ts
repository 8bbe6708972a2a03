/**
 * The verifier of tokens that @cunzheng/receipt is given: check 4 asks it about every token over a checkpoint. It has the
 * shape of that library's `VerifyTimestamp`, and neither library knows the other.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { limitSignatures } from '@cunzheng/x509';
import { TimestampError } from './errors.js';
import { verifyToken } from './verify-token.js';

export interface ReceiptTimestampRequest {
  readonly token: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
  readonly data: Uint8Array;
  readonly imprint?: { readonly algorithm: string; readonly digest: Uint8Array };
  readonly roots: readonly Uint8Array[];
  readonly takeSignature?: () => boolean;
}

export type ReceiptTimestampResult =
  | {
      readonly valid: true;
      readonly genTimeMs: number;
      readonly accuracyMs: number;
      readonly tsa: string;
      readonly tsaKey: string;
      readonly serialNumber: string;
      readonly isKnownUnrevoked: boolean;
    }
  | { readonly valid: false; readonly reason: string };

/** `now` gives milliseconds since 1970; with it tokens from the future do not count. */
export function createTimestampVerifier(
  crypto: CryptoSuite,
  now?: () => number,
): (request: ReceiptTimestampRequest) => Promise<ReceiptTimestampResult> {
  return async ({ data, imprint, takeSignature, ...request }) => {
    try {
      const nowMs = now === undefined ? {} : { nowMs: now() };
      const token = await verifyToken(limitSignatures(crypto, takeSignature), {
        ...request,
        ...nowMs,
        stamped: imprint ?? { data },
      });
      const { genTimeMs, accuracyMs, tsa, tsaKey, serialNumber, isKnownUnrevoked } = token;
      return { valid: true, genTimeMs, accuracyMs, tsa, tsaKey, serialNumber, isKnownUnrevoked };
    } catch (error) {
      if (!(error instanceof TimestampError)) throw error;
      return { valid: false, reason: `${error.code}: ${error.message}` };
    }
  };
}
