/**
 * Binds the chains of the audit log into the ledger: the head of each chain that has grown becomes the body of an entry of
 * type 03. From then on not even the operator can change what lies before it without its being found out.
 */
import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { type ClientBase } from 'pg';
import { queueLogEntry } from '../sequence/log-entries.js';

export const AUDIT_HEAD_FORMAT = 'cunzheng/audit-head@v1';

interface DueHead {
  organization: number;
  organization_id: string;
  sequence: string;
  head: Buffer;
}

/**
 * Queues an entry for each chain that has grown and was bound at least `intervalMs` ago, in the caller's transaction.
 * `nonce` gives 16 random bytes. Says how many there were.
 */
export async function queueAuditHeads(
  client: Pick<ClientBase, 'query'>,
  { log, intervalMs, nonce }: { log: number; intervalMs: number; nonce: () => Uint8Array },
): Promise<number> {
  const { rows } = await client.query<DueHead>(
    "SELECT * FROM take_due_audit_heads($1 * interval '1 millisecond')",
    [intervalMs],
  );
  for (const { organization, organization_id: id, sequence, head } of rows) {
    const body = Buffer.from(
      formatCanonicalBytes({
        format: AUDIT_HEAD_FORMAT,
        head: head.toString('hex'),
        nonce: Buffer.from(nonce()).toString('hex'),
        organization: id,
        sequence: Number(sequence),
      }),
    );
    await queueLogEntry(client, { log, type: 3, body });
    await client.query('SELECT note_audit_head($1, $2, $3)', [organization, sequence, body]);
  }
  return rows.length;
}
