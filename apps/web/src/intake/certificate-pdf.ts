/**
 * A certificate in PDF, printed by the service, has its receipt attached byte for byte and uncompressed (ISO 32000-1
 * §7.11.4). It is found without reading PDF: what is taken out is verified like any receipt, so nothing is believed here.
 */
import { MAX_RECEIPT_BYTES } from '@cunzheng/receipt';
import { type SortedFile } from './sorted-file.js';

/** Certificates are far smaller; a larger PDF is a document. */
const MAX_PDF_BYTES = 64_000_000;

/** A stream dictionary of an embedded file, up to where its bytes begin. */
const EMBEDDED = /\/Type\s*\/EmbeddedFile\b(?:(?!endobj)[^])*?>>\s*stream\r?\n/g;
const LENGTH = /\/Length\s+(\d{1,9})\b/;
const RECEIPT_MARK = /"format":"cunzheng\/receipt@/;

/** The attached receipts; none in any other PDF. The file itself may be a notarized document too. */
export async function readCertificate(file: File): Promise<readonly SortedFile[]> {
  if (file.size > MAX_PDF_BYTES) return [];
  const bytes = new Uint8Array(await file.arrayBuffer());
  // One character for each byte, so that offsets are the same.
  const text = new TextDecoder('latin1').decode(bytes);
  const receipts = [...text.matchAll(EMBEDDED)].flatMap((found): SortedFile[] => {
    const sizeBytes = Number(LENGTH.exec(found[0])?.[1] ?? 0);
    const start = found.index + found[0].length;
    const contents = bytes.slice(start, start + sizeBytes);
    const isReceipt =
      sizeBytes <= MAX_RECEIPT_BYTES && RECEIPT_MARK.test(text.slice(start, start + sizeBytes));
    return isReceipt ? [{ kind: 'receipt', name: file.name, bytes: contents }] : [];
  });
  return receipts.length === 0 ? [] : [...receipts, { kind: 'document', file, isCarrier: true }];
}
