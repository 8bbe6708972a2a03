/**
 * Receipts are assembled when they are asked for, from the database and the ledger's tiles, and never stored. The
 * proofs lead to the checkpoint at the end of the record's own block, so a receipt stays the same bytes.
 */
import { createHash } from 'node:crypto';
import { parseBlockHeader, treeSizeAfter } from '@cunzheng/ledger';
import { formatReceipt } from '@cunzheng/receipt';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type Ledgers } from '../logs/ledgers.js';
import { ProblemError } from '../problems/problem-error.js';

export interface AssembledReceipt {
  /** J(receipt), the file. */
  readonly bytes: Buffer;
  /** Strong entity tag: the SHA-256 of the bytes. */
  readonly etag: string;
}

export class ReceiptAssembler {
  constructor(private readonly ledgers: Ledgers) {}

  /** @throws ProblemError `receipt-pending` while the record is not anchored. */
  async assemble({ record, logName, anchoring }: LoadedEvidence): Promise<AssembledReceipt> {
    if (!anchoring) throw new ProblemError('receipt-pending', 'the record waits for its block: ask again', { retryAfterSeconds: 1 });
    const header = parseBlockHeader(anchoring.header);
    const treeSize = treeSizeAfter(header);
    const ledger = await this.ledgers.reader(logName);
    const [inclusion, headerInclusion] = await Promise.all([
      ledger.computeInclusionProof(anchoring.leafIndex, treeSize),
      ledger.computeInclusionProof(treeSize - 1, treeSize),
    ]);
    const bytes = Buffer.from(
      formatReceipt({
        block: { hashes: headerInclusion, header: anchoring.header },
        checkpoint: anchoring.note.toString('utf8'),
        disclosures: record.disclosures,
        inclusion: { hashes: inclusion, leafIndex: anchoring.leafIndex },
        record: record.record,
        timestamps: [],
      }),
    );
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` };
  }
}
