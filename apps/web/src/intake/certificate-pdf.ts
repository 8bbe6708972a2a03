/**
 * A certificate in PDF, printed by the service, has its receipt attached. The library takes it out, for this page as for
 * the command line; what is taken out is verified like any receipt, so nothing is believed here.
 */
import { extractReceipt } from '@cunzheng/receipt';
import { type SortedFile } from './sorted-file.js';

/** Certificates are far smaller; a larger PDF is a document. */
const MAX_PDF_BYTES = 64_000_000;

/** The attached receipt; nothing in any other PDF. The file itself may be a notarized document too. */
export async function readCertificate(file: File): Promise<readonly SortedFile[]> {
  if (file.size > MAX_PDF_BYTES) return [];
  const receipt = extractReceipt(new Uint8Array(await file.arrayBuffer()));
  if (receipt === undefined) return [];
  const bytes = new TextEncoder().encode(receipt);
  return [
    { kind: 'receipt', name: file.name, bytes },
    { kind: 'document', file, isCarrier: true },
  ];
}
