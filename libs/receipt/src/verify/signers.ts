/**
 * Check 11, `signers`: whether what is shown supports the assurance that the record states, which is that of its weakest
 * signer. `asserted` needs a name, `key` a signature that verified with the disclosed key; `certificate` needs X.509, which
 * this version does not evaluate and therefore never passes. Who is meant is always according to the operator.
 */
import { type SignerDisclosures } from '../record/disclosure-values.js';
import { type DisclosedRecord } from '../record/match-disclosures.js';
import { ASSURANCES, type Assurance, type EvidenceRecord } from '../record/record.js';
import { type Checked, failed, notChecked, passed } from './checked.js';
import { type Facts } from './report.js';
import { type StatementCheck } from './statement.js';

export function checkSigners(
  record: EvidenceRecord,
  shown: DisclosedRecord,
  statement: StatementCheck,
): Checked<never> {
  if (record.signers === 0) return notChecked('no-signers', 'the record has no signers');
  const facts = factsOf(record, shown.signers);
  const stated = shown.signers.map(({ assurance }) => assurance);
  if (isContradicted(record.assurance, stated)) {
    return failed(
      'assurance-mismatch',
      `the signers' assurance is not that of the record, ${record.assurance}`,
      facts,
    );
  }
  for (const [index, signer] of shown.signers.entries()) {
    const open = checkSigner(index, signer, signer.assurance ?? record.assurance, statement);
    if (open !== undefined) return { ...open, established: facts };
  }
  return passed(facts);
}

/** Whether the record's assurance cannot be that of the weakest signer, as far as the signers' are shown. */
function isContradicted(assurance: Assurance, stated: readonly (Assurance | undefined)[]): boolean {
  const rank = (value: Assurance): number => ASSURANCES.indexOf(value);
  const known = stated.filter((value) => value !== undefined).map(rank);
  if (known.some((value) => value < rank(assurance))) return true;
  return known.length === stated.length && Math.min(...known) !== rank(assurance);
}

/** Why this signer's assurance is not shown to be what it is said to be; undefined if it is. */
function checkSigner(
  index: number,
  signer: SignerDisclosures,
  assurance: Assurance,
  statement: StatementCheck,
): Checked<never> | undefined {
  if (signer.certificates !== undefined || assurance === 'certificate') {
    return notChecked(
      'certificates-unsupported',
      `the certificates of signer ${index} are not evaluated by this version`,
    );
  }
  if (assurance === 'asserted') {
    return signer.name === undefined
      ? notChecked('withheld', `the name of signer ${index} is not shown`)
      : undefined;
  }
  const result = statement.signers?.[index]?.result;
  if (result === 'valid') return undefined;
  if (result === 'invalid' || result === 'key-mismatch') {
    return failed('signature-invalid', `the signature of signer ${index} does not verify`);
  }
  if (result === 'algorithm-unsupported') {
    return notChecked('signature-unsupported', `the algorithm of signer ${index} is not supported here`);
  }
  if (statement.checked.status === 'failed') return notChecked('statement-failed', 'the statement failed');
  return notChecked('withheld', `envelope or key of signer ${index} are not shown`);
}

function factsOf(record: EvidenceRecord, signers: readonly SignerDisclosures[]): Facts {
  const names = signers.flatMap(({ name }) => name ?? []);
  const methods = signers.flatMap(({ verification }) => verification?.method ?? []);
  return {
    assurance: record.assurance,
    accordingTo: record.log,
    ...(names.length === 0 ? {} : { names }),
    ...(methods.length === 0 ? {} : { verifiedBy: methods }),
  };
}
