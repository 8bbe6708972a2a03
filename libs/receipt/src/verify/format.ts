/** Check 1, `format`: at most 10 MB, canonical, a known version, exactly the members of a receipt. */
import { parseReceipt, type Receipt, RECEIPT_FORMAT } from '../receipt/receipt.js';
import { type Checked, passed } from './checked.js';

export function checkFormat(receipt: Uint8Array | string): Checked<Receipt> {
  return passed({ format: RECEIPT_FORMAT }, parseReceipt(receipt));
}
