/** Check 9, `document`: every fingerprint of the record that was computed from the document equals it. */
import { type EvidenceRecord } from '../record/record.js';
import { type Checked, failed, notChecked, passed } from './checked.js';

/** A digest of the document, computed by the caller; lower-case hex. */
export interface DocumentFingerprint {
  readonly algorithm: string;
  readonly digest: string;
}

export function checkDocument(
  record: EvidenceRecord,
  document: readonly DocumentFingerprint[] | undefined,
): Checked<true> {
  if (document === undefined) return notChecked('no-document', 'no document was given');
  const computed = new Map(document.map(({ algorithm, digest }) => [algorithm, digest]));
  const compared = record.fingerprints.filter(({ algorithm }) => computed.has(algorithm));
  const algorithms = compared.map(({ algorithm }) => algorithm);
  const differing = compared.filter(({ algorithm, digest }) => computed.get(algorithm) !== digest);
  if (differing.length > 0) {
    const names = differing.map(({ algorithm }) => algorithm).join(', ');
    return failed('fingerprint-mismatch', `the document has other fingerprints: ${names}`, {
      compared: algorithms,
    });
  }
  if (compared.length === 0) {
    return notChecked(
      'not-computable',
      'none of the fingerprints of the record was computed from the document',
    );
  }
  return passed({ compared: algorithms }, true);
}
