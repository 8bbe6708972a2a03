/** The outcome of one check: its status with reason and facts, and a value for later checks to build on. */
import { CanonicalJsonError } from '@cunzheng/canonical-json';
import { CryptoError } from '@cunzheng/crypto';
import { LedgerError } from '@cunzheng/ledger';
import { MerkleError } from '@cunzheng/merkle';

import { ReceiptError } from '../errors.js';
import { type CheckReason, type CheckStatus, type Facts, type ReasonCode } from './report.js';

export interface Checked<T = undefined> {
  readonly status: CheckStatus;
  readonly reason?: CheckReason;
  readonly established: Facts;
  readonly value?: T;
}

export function passed(established: Facts): Checked<never>;
export function passed<T>(established: Facts, value: T): Checked<T>;
export function passed<T>(established: Facts, value?: T): Checked<T> {
  return value === undefined ? { status: 'passed', established } : { status: 'passed', established, value };
}

export function failed(code: ReasonCode, message: string, established: Facts = {}): Checked<never> {
  return { status: 'failed', reason: { code, message }, established };
}

export function notChecked(code: ReasonCode, message: string, established: Facts = {}): Checked<never> {
  return { status: 'not checked', reason: { code, message }, established };
}

/**
 * Runs a check. Whatever a parser or a proof throws is a failed check; so is a defect of ours, because a verifier that
 * throws is one that can be silenced.
 */
export function runCheck<T>(check: () => Checked<T>): Checked<T> {
  try {
    return check();
  } catch (error) {
    return failedBy(error);
  }
}

/** The failed check that an error stands for. */
export function failedBy(error: unknown): Checked<never> {
  if (error instanceof ReceiptError) {
    const { cause } = error;
    const detail = cause instanceof CanonicalJsonError ? `: ${cause.message}` : '';
    return failed(error.code, error.message + detail);
  }
  if (error instanceof MerkleError || error instanceof LedgerError) return failed(error.code, error.message);
  if (error instanceof CryptoError || error instanceof CanonicalJsonError)
    return failed(error.code, error.message);
  return failed('internal', 'an unexpected error');
}
