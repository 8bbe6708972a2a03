/** Receipts of tokens that this service issued, by the SHA-256 of the token: whoever holds a token can ask for it. */
import { type Database } from '../database/database.js';
import { ANCHORING_COLUMNS, ANCHORING_JOINS, anchoringOf, type AnchoringRow } from '../evidence/anchoring.js';
import { ProblemError } from '../problems/problem-error.js';
import { type AssembledReceipt, type ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { makeTokenRecord } from './token-record.js';

interface TokenRow extends AnchoringRow {
  readonly id: string;
  readonly secrets: Buffer;
  readonly token: Buffer;
  readonly clock_bound_ms: number | null;
  readonly entry: Buffer;
  readonly origin: string;
  readonly log_name: string;
}

const SELECT = `
  SELECT t.id, t.ord, t.secrets, t.token, t.clock_bound_ms::float8, substring(p.entries FROM t.ord * 68 + 1 FOR 68) AS entry,
    l.origin, l.name AS log_name, ${ANCHORING_COLUMNS}
  FROM tsa_token t
  JOIN parcel p ON p.id = t.parcel ${ANCHORING_JOINS}
  WHERE t.sha256 = $1`;

export class TokenReceipts {
  constructor(
    private readonly database: Database,
    private readonly receipts: ReceiptAssembler,
  ) {}

  /** @throws ProblemError `not-found`, or `receipt-pending` while the token's record waits for its block. */
  async read(sha256: string): Promise<AssembledReceipt> {
    const [row] = await this.database.query<TokenRow>(SELECT, [Buffer.from(sha256, 'hex')]);
    if (!row) throw new ProblemError('not-found', 'no token with this SHA-256 was issued here');
    const { id, secrets, token, origin, log_name: logName } = row;
    const clockBoundMs = row.clock_bound_ms ?? undefined;
    const record = makeTokenRecord({ id, secrets, token, origin, clockBoundMs });
    if (!row.entry.equals(record.entry)) {
      throw new Error(
        `token ${sha256}: the stored row does not give the entry in its parcel; restore it from a backup`,
      );
    }
    return await this.receipts.assemble({ record, logName, anchoring: anchoringOf(row) });
  }
}
