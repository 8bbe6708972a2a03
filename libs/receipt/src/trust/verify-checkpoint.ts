/**
 * A checkpoint under a policy: which of its logs signed it, which of its witnesses cosigned it. Whether that is enough is
 * asked of ./quorum.ts.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { type Checkpoint, parseCheckpoint } from '../checkpoint/checkpoint.js';
import { parseNote } from '../checkpoint/signed-note.js';
import { type VerifierKey } from '../checkpoint/verifier-key.js';
import { type VerifiedSignature, verifyNote } from '../checkpoint/verify-note.js';
import { ReceiptError } from '../errors.js';
import { type Policy } from './policy.js';

export interface VerifiedCheckpoint extends Checkpoint {
  /** Keys of the policy's logs that signed it, each under the checkpoint's origin; at least one. */
  readonly logKeys: readonly VerifierKey[];
  /** By keys of the policy's witnesses, in the order of the lines. */
  readonly cosignatures: readonly VerifiedSignature[];
}

/**
 * Throws ReceiptError `note-*`, `checkpoint-invalid`, or `log-key-unknown` if no log of the policy signed it under the
 * log's own name.
 */
export function verifyCheckpoint(
  crypto: CryptoSuite,
  { logs, witnesses }: Pick<Policy, 'logs' | 'witnesses'>,
  note: string,
): VerifiedCheckpoint {
  const signed = parseNote(note);
  const checkpoint = parseCheckpoint(signed.text);
  if (signed.signatures[0]?.name !== checkpoint.origin) {
    throw new ReceiptError('checkpoint-invalid', 'the first signature line is not of the log');
  }
  const logKeys = logs.map(({ key }) => key);
  const witnessKeys = witnesses.map(({ key }) => key);
  const signatures = verifyNote(crypto, signed, [...logKeys, ...witnessKeys]);
  const signers = signatures
    .map(({ key }) => key)
    .filter((key) => logKeys.includes(key) && key.name === checkpoint.origin);
  if (signers.length === 0) {
    throw new ReceiptError('log-key-unknown', 'no log key of the policy signed the checkpoint');
  }
  const cosignatures = signatures.filter(({ key }) => witnessKeys.includes(key));
  return { ...checkpoint, logKeys: signers, cosignatures };
}
