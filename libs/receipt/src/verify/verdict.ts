/**
 * From twelve checks to one word. A check that the trust does not require is never `failed` for being absent, so statuses
 * alone decide:
 *
 * - `altered`: 1 `format` failed, or 5 `record`, 6 `inclusion`, 7 `block`, 8 `disclosures` failed: this is not what the log
 *   issued, whatever else holds.
 * - `unverifiable`: 2 `checkpoint` did not pass: no trusted log key vouches for anything here.
 * - `other-document`: 9 `document` failed and nothing else did.
 * - `incomplete`: any other check failed: required witnesses or timestamps are missing, or statement, signers or times
 *   contradict the record. The record itself is in the log.
 * - `holds`: nothing failed. What was not checked is not claimed.
 */
import { type Check, type CheckName, type Verdict } from './report.js';

const ALTERED_BY: readonly CheckName[] = ['format', 'record', 'inclusion', 'block', 'disclosures'];

export function computeVerdict(checks: readonly Check[]): Verdict {
  const failed = checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
  if (failed.some((name) => ALTERED_BY.includes(name))) return 'altered';
  if (checks.some(({ name, status }) => name === 'checkpoint' && status !== 'passed')) return 'unverifiable';
  if (failed.length === 1 && failed[0] === 'document') return 'other-document';
  return failed.length > 0 ? 'incomplete' : 'holds';
}
