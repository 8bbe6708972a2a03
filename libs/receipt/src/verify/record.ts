/** Check 5, `record`: the record is canonical and well formed, and names the log whose checkpoint this is. */
import { type EvidenceRecord, parseRecord } from '../record/record.js';
import { type Checked, failed, passed } from './checked.js';

export function checkRecord(text: string, origin: string): Checked<EvidenceRecord> {
  const record = parseRecord(text);
  if (record.log !== origin)
    return failed('log-mismatch', `the record is of log ${record.log}, not of ${origin}`);
  return passed(
    {
      id: record.id,
      kind: record.kind,
      acceptedAt: record.acceptedAt,
      fingerprints: record.fingerprints.map(({ algorithm, digest }) => `${algorithm}:${digest}`),
      signers: record.signers,
      assurance: record.assurance,
    },
    record,
  );
}
