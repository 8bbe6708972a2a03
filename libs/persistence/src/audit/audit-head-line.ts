/** A head of an audit chain as exports have it: the body of its entry, and where in the ledger the entry stands. */
import { formatCanonical } from '@cunzheng/canonical-json';

/** A row of the database's `audit_heads()`. */
export interface AuditHeadRow {
  readonly body: Buffer;
  readonly height: string;
  readonly leaf_index: string;
}

/** J({body, height, leafIndex}). */
export function formatAuditHead({ body, height, leaf_index: leafIndex }: AuditHeadRow): string {
  return formatCanonical({
    body: body.toString('utf8'),
    height: Number(height),
    leafIndex: Number(leafIndex),
  });
}
