/**
 * Showing less of a receipt without asking the service: the same record, proofs and timestamps with fewer disclosures
 * (docs/formats/receipt.md). Nothing is verified here, and nothing that was left out can be put back.
 */
import { selectDisclosures } from '../record/select-disclosures.js';
import { formatReceipt, parseReceipt } from './receipt.js';

/**
 * J(receipt) with the disclosures that `names` choose. Throws ReceiptError `receipt-*` for what is no receipt, and what
 * {@link selectDisclosures} throws.
 */
export function reduceReceipt(input: Uint8Array | string, names: readonly string[]): string {
  const receipt = parseReceipt(input);
  return formatReceipt({ ...receipt, disclosures: selectDisclosures(receipt.disclosures, names) });
}
