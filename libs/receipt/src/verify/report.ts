/**
 * What a verification says: twelve checks under fixed names, each `passed`, `failed` or `not checked` with the reason, and
 * one verdict. The same names are used in library, CLI, API, page and docs; the whole report is plain JSON.
 */
import { type CanonicalJsonErrorCode } from '@cunzheng/canonical-json';
import { type CryptoErrorCode } from '@cunzheng/crypto';
import { type LedgerErrorCode } from '@cunzheng/ledger';
import { type MerkleErrorCode } from '@cunzheng/merkle';

import { type ReceiptErrorCode } from '../errors.js';

/** In the order in which they are made. */
export const CHECK_NAMES = [
  'format',
  'checkpoint',
  'witnesses',
  'timestamps',
  'record',
  'inclusion',
  'block',
  'disclosures',
  'document',
  'statement',
  'signers',
  'time',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export type CheckStatus = 'passed' | 'failed' | 'not checked';

/** Why a check did not pass: a reason of its own, or the code of the error that a parser or proof gave. */
export type ReasonCode =
  | 'accepted-after-block'
  | 'assurance-mismatch'
  | 'block-after-existence'
  | 'block-not-proven'
  | 'certificate-invalid'
  | 'certificate-verifier-missing'
  | 'disclosures-failed'
  | 'fingerprint-mismatch'
  | 'internal'
  | 'key-revoked'
  | 'key-window'
  | 'keyid-mismatch'
  | 'leaf-outside-block'
  | 'log-mismatch'
  | 'no-document'
  | 'no-signer-roots'
  | 'no-signers'
  | 'no-trust'
  | 'not-computable'
  | 'not-required'
  | 'revocation-backdated'
  | 'service-mismatch'
  | 'signature-invalid'
  | 'signature-unsupported'
  | 'statement-failed'
  | 'statement-mismatch'
  | 'stopped'
  | 'timestamps-missing'
  | 'timestamp-verifier-missing'
  | 'withheld'
  | CanonicalJsonErrorCode
  | CryptoErrorCode
  | LedgerErrorCode
  | MerkleErrorCode
  | ReceiptErrorCode;

export interface CheckReason {
  readonly code: ReasonCode;
  /** English, for people. */
  readonly message: string;
}

/** Plain facts that a check established, by name: what a page or a certificate may print. */
export type Facts = Readonly<Record<string, string | number | readonly string[]>>;

export interface Check {
  readonly name: CheckName;
  readonly status: CheckStatus;
  /** Present unless the check passed. */
  readonly reason?: CheckReason;
  readonly established: Facts;
}

/** See ./verdict.ts for what gives which. */
export type Verdict = 'holds' | 'altered' | 'other-document' | 'incomplete' | 'unverifiable';

/** The earliest moment by which the record existed according to somebody beside the operator. */
export interface ExistedBy {
  readonly time: string;
  readonly according: 'witnesses' | 'timestamps';
}

export interface VerificationReport {
  readonly verdict: Verdict;
  /** What may be said of the evidence, no more: English and Chinese. */
  readonly claim: string;
  readonly claimZh: string;
  /** All twelve, in order. */
  readonly checks: readonly Check[];
  /** Absent if neither witnesses nor timestamps say so. */
  readonly existedBy?: ExistedBy;
  /** Whether nobody beside the operator was required to vouch for the log. */
  readonly operatorAlone: boolean;
}
