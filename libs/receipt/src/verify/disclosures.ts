/** Check 8, `disclosures`: each belongs to the record and says something a record can disclose. */
import { type CryptoSuite } from '@cunzheng/crypto';

import { checkDisclosures as matchDisclosures, type DisclosedRecord } from '../record/match-disclosures.js';
import { type EvidenceRecord } from '../record/record.js';
import { type Checked, passed } from './checked.js';

export function checkDisclosures(
  crypto: CryptoSuite,
  record: EvidenceRecord,
  disclosures: readonly string[],
): Checked<DisclosedRecord> {
  const disclosed = matchDisclosures(crypto, record, disclosures);
  return passed({ shown: disclosures.length, names: disclosed.names }, disclosed);
}
