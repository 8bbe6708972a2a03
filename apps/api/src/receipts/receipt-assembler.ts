/**
 * Receipts are assembled when they are asked for, from the database and the ledger's tiles, and never stored. The
 * proofs lead to the first attested checkpoint that covers the record's block; before there is one, and in a log without
 * a policy, to the checkpoint at the block's own end. Either way the bytes of a final receipt stay the same, but for
 * timestamps, and revocation lists beside them, that come later.
 */
import { createHash } from 'node:crypto';
import { parseBlockHeader, treeSizeAfter } from '@cunzheng/ledger';
import { readTimestamps, type CheckpointTimestamp } from '@cunzheng/persistence';
import { formatReceipt, parseCheckpoint, parseNote, type ReceiptTimestamp } from '@cunzheng/receipt';
import { type Database } from '../database/database.js';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type Ledgers } from '../logs/ledgers.js';
import { ProblemError } from '../problems/problem-error.js';

export interface AssembledReceipt {
  /** J(receipt), the file. */
  readonly bytes: Buffer;
  /** Strong entity tag: the SHA-256 of the bytes. */
  readonly etag: string;
}

/** What the receipts of one block have in common, kept by a caller that assembles many. */
export type BlockProofs = Map<string, Promise<BlockProof>>;

interface BlockProof {
  /** The inclusion proof of the header's own entry. */
  readonly hashes: readonly Uint8Array[];
  readonly timestamps: readonly ReceiptTimestamp[];
}

export class ReceiptAssembler {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly database: Database,
  ) {}

  /**
   * With all disclosures there are, or with `disclosures`, a selection of them.
   *
   * @throws ProblemError `receipt-pending` while the record is not anchored.
   */
  async assemble(
    { record, logName, anchoring }: Pick<LoadedEvidence, 'record' | 'logName' | 'anchoring'>,
    disclosures: readonly string[] = record.disclosures,
    shared: BlockProofs = new Map(),
  ): Promise<AssembledReceipt> {
    if (!anchoring)
      throw new ProblemError('receipt-pending', 'the record waits for its block: ask again', {
        retryAfterSeconds: 1,
      });
    const note = anchoring.note.toString('utf8');
    const { treeSize } = parseCheckpoint(parseNote(note).text);
    const key = `${logName} ${anchoring.height} ${treeSize}`;
    const known = shared.get(key) ?? this.proveBlock(logName, anchoring.header, treeSize);
    shared.set(key, known);
    const ledger = await this.ledgers.reader(logName);
    const [inclusion, block] = await Promise.all([
      ledger.computeInclusionProof(anchoring.leafIndex, treeSize),
      known,
    ]);
    const bytes = Buffer.from(
      formatReceipt({
        block: { hashes: block.hashes, header: anchoring.header },
        checkpoint: note,
        disclosures,
        inclusion: { hashes: inclusion, leafIndex: anchoring.leafIndex },
        record: record.record,
        timestamps: block.timestamps,
      }),
    );
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` };
  }

  private async proveBlock(logName: string, header: string, treeSize: number): Promise<BlockProof> {
    const ledger = await this.ledgers.reader(logName);
    const headerIndex = treeSizeAfter(parseBlockHeader(header)) - 1;
    const [hashes, tokens] = await Promise.all([
      ledger.computeInclusionProof(headerIndex, treeSize),
      readTimestamps(this.database.pool, logName, treeSize),
    ]);
    return { hashes, timestamps: tokens.map(toReceiptTimestamp) };
  }
}

function toReceiptTimestamp({ token, certificates, crls }: CheckpointTimestamp): ReceiptTimestamp {
  const encode = (der: Uint8Array): string => Buffer.from(der).toString('base64');
  return {
    certificates: certificates.map(encode),
    crls: crls.map(encode),
    ocsps: [],
    over: 'checkpoint',
    token: encode(token),
    type: 'rfc3161',
  };
}
