/**
 * What a file is: a receipt, something that holds receipts, or a document. Decided by content; a name decides only where
 * a file is too large to be a receipt and calls itself one. Never a trust folder: that comes in through its own door, so
 * that nobody who sends evidence can slip in whom to believe.
 */
import { MAX_RECEIPT_BYTES } from '@cunzheng/receipt';
import { CONTAINERS } from './containers.js';
import { type SortedFile } from './sorted-file.js';

/** Where the format says its name, canonical or not. */
const RECEIPT_MARK = /"format"\s*:\s*"cunzheng\/receipt@/;
const RECEIPT_NAME = /(?:^|\.)receipt\.json$/i;
/** Enough of a file to tell what it is. */
const HEAD_BYTES = 1024;

/** One file may hold several. Rejects if it cannot be read. */
export async function sortFile(file: File): Promise<readonly SortedFile[]> {
  const head = await readBytes(file, HEAD_BYTES);
  const container = CONTAINERS.find(({ isContainer }) => isContainer(head));
  if (container !== undefined) {
    const contents = await container.read(file);
    if (contents.length > 0) return contents;
  }
  if (!isJsonObject(head)) return [{ kind: 'document', file }];
  // One byte more than a receipt may have is enough for the format check to say so.
  const bytes = await readBytes(file, MAX_RECEIPT_BYTES + 1);
  const isReceipt = RECEIPT_NAME.test(file.name) || RECEIPT_MARK.test(new TextDecoder().decode(bytes));
  return [isReceipt ? { kind: 'receipt', name: file.name, bytes } : { kind: 'document', file }];
}

async function readBytes(file: Blob, sizeBytes: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, sizeBytes).arrayBuffer());
}

function isJsonObject(head: Uint8Array): boolean {
  return new TextDecoder().decode(head).trimStart().startsWith('{');
}
