/**
 * Offline verification of receipts: the twelve checks in their order, each in a file of its own, and what stops what. The
 * receipt is hostile; nothing in it adds to the trust it is verified with, and no bytes make the verifier throw.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { parseTime } from '@cunzheng/ledger';

import { type Trust } from '../trust/trust.js';
import { checkBlock } from './block.js';
import { type Checked, failedBy, notChecked, runCheck } from './checked.js';
import { checkCheckpoint } from './checkpoint.js';
import { formatClaim } from './claim.js';
import { createContext, isOperatorAlone, type VerifierContext } from './context.js';
import { checkDisclosures } from './disclosures.js';
import { checkDocument, type DocumentFingerprint } from './document.js';
import { describeDocumentStamps } from './document-stamps.js';
import { checkFormat } from './format.js';
import { checkInclusion } from './inclusion.js';
import { checkRecord } from './record.js';
import {
  type Check,
  CHECK_NAMES,
  type CheckName,
  type ExistedBy,
  type VerificationReport,
} from './report.js';
import { type InjectedVerifiers, limitSignatures } from './signature-limit.js';
import { type VerifyCertificates } from './signer-certificates.js';
import { type LoggedRevocation } from './signer-revocations.js';
import { checkSigners } from './signers.js';
import { checkStatement, type StatementCheck } from './statement.js';
import { checkTime, computeExistedBy } from './time.js';
import { checkTimestamps, type VerifyTimestamp } from './timestamps.js';
import { computeVerdict } from './verdict.js';
import { checkWitnesses } from './witnesses.js';

export interface VerifierOptions {
  readonly crypto: CryptoSuite;
  /** The verifier's own. Without any, every receipt is `unverifiable`. */
  readonly trust: Trust | undefined;
  /** Verifies RFC 3161 tokens. Without it none counts. */
  readonly verifyTimestamp?: VerifyTimestamp;
  /** Verifies certificates of signers. Without it none is evaluated. */
  readonly verifyCertificates?: VerifyCertificates;
}

export interface VerifyOptions {
  /** Fingerprints computed from the document at hand, in as many algorithms as the caller can. */
  readonly document?: readonly DocumentFingerprint[];
  /** The `revocation` events of the receipt's log, from a copy of it; without them revocation is not checked. */
  readonly revocations?: readonly LoggedRevocation[];
}

export interface Verifier {
  /** Always resolves to a report, whatever the bytes are. */
  verify(receipt: Uint8Array | string, options?: VerifyOptions): Promise<VerificationReport>;
}

/** A verifier for many receipts; it remembers the checkpoints it has verified. */
export function createVerifier({ crypto, trust, ...injected }: VerifierOptions): Verifier {
  const context = trust === undefined ? undefined : createContext(crypto, trust);
  return {
    async verify(receipt, options = {}) {
      const run = new VerificationRun();
      await runChecks(run, context, { receipt, ...options, ...limitSignatures(injected) });
      return run.report(isOperatorAlone(trust));
    },
  };
}

/** {@link createVerifier} for one receipt. */
export function verifyReceipt(
  receipt: Uint8Array | string,
  options: VerifierOptions & VerifyOptions,
): Promise<VerificationReport> {
  return createVerifier(options).verify(receipt, options);
}

interface Subject extends VerifyOptions, InjectedVerifiers {
  readonly receipt: Uint8Array | string;
}

/** Returns early where a check says that nothing after it makes sense. */
async function runChecks(
  run: VerificationRun,
  context: VerifierContext | undefined,
  subject: Subject,
): Promise<void> {
  const receipt = run.check('format', () => checkFormat(subject.receipt));
  if (receipt === undefined) return;
  const checkpoint = run.check('checkpoint', () =>
    context === undefined
      ? notChecked('no-trust', 'no trust was given')
      : checkCheckpoint(context, receipt.checkpoint),
  );
  if (checkpoint === undefined || context === undefined) return;
  const { crypto, trust } = context;
  const witnessed = run.check('witnesses', () => checkWitnesses(trust.policy, checkpoint.cosignatures));
  const timestamped = run.add(
    'timestamps',
    await checkTimestamps(trust, receipt, subject.verifyTimestamp).catch(failedBy),
  );
  const record = run.check('record', () => checkRecord(receipt.record, checkpoint.origin));
  if (record === undefined) return;
  if (run.check('inclusion', () => checkInclusion(context, receipt, checkpoint)) === undefined) return;
  const header = run.check('block', () => checkBlock(context, receipt, checkpoint));
  const shown = run.check('disclosures', () => checkDisclosures(crypto, record, receipt.disclosures));
  run.check('document', () => checkDocument(record, subject.document));
  if (shown === undefined) {
    run.skip(['statement', 'signers']);
  } else {
    const statement = attemptStatement(() => checkStatement(context, record, shown));
    run.add('statement', statement.checked);
    const anchoredAtMs = header === undefined ? record.acceptedAtMs : parseTime(header.createdAt);
    const signers = {
      crypto,
      revocations: subject.revocations,
      anchoredAtMs,
      anchoredIn: header?.height,
      verifyCertificates: subject.verifyCertificates,
      signerRoots: trust.signerRoots,
      atMs: record.acceptedAtMs,
    };
    run.add('signers', await checkSigners(signers, record, shown, statement).catch(failedBy));
  }
  run.existedBy = computeExistedBy(witnessed, timestamped);
  const stamps = await describeDocumentStamps(trust, record, shown, subject.verifyTimestamp).catch(
    () => ({}),
  );
  run.check('time', () => checkTime(record, header?.createdAt, run.existedBy, stamps));
}

function attemptStatement(check: () => StatementCheck): StatementCheck {
  try {
    return check();
  } catch (error) {
    return { checked: failedBy(error) };
  }
}

/** Collects the checks of one receipt. */
class VerificationRun {
  existedBy: ExistedBy | undefined;
  private readonly checks = new Map<CheckName, Check>();

  check<T>(name: CheckName, check: () => Checked<T>): T | undefined {
    return this.add(name, runCheck(check));
  }

  add<T>(name: CheckName, { status, reason, established, value }: Checked<T>): T | undefined {
    this.checks.set(name, { name, status, ...(reason === undefined ? {} : { reason }), established });
    return status === 'passed' ? value : undefined;
  }

  skip(names: readonly CheckName[]): void {
    for (const name of names) {
      this.add(name, notChecked('disclosures-failed', 'the disclosures do not belong to the record'));
    }
  }

  report(operatorAlone: boolean): VerificationReport {
    const stopped = notChecked('stopped', 'an earlier check leaves nothing to check');
    for (const name of CHECK_NAMES) if (!this.checks.has(name)) this.add(name, stopped);
    const checks = CHECK_NAMES.flatMap((name) => this.checks.get(name) ?? []);
    const verdict = computeVerdict(checks);
    const { existedBy } = this;
    const claim = formatClaim({ verdict, checks, existedBy, operatorAlone });
    return {
      verdict,
      claim: claim.en,
      claimZh: claim.zh,
      checks,
      ...(existedBy === undefined ? {} : { existedBy }),
      operatorAlone,
    };
  }
}
