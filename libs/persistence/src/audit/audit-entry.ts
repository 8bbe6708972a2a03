/**
 * One entry of the audit log: who did what, when, from where, with which outcome. Ids and counts only, never a value that
 * is private. The format is docs/formats/audit-log.md.
 */
import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { type ClientBase } from 'pg';

export const AUDIT_FORMAT = 'cunzheng/audit@v1';

/** The chain of what the operator does to the service as a whole. */
export const OPERATOR_CHAIN = 0;

export interface AuditEntry {
  /** Internal key of the organization whose chain it is, or {@link OPERATOR_CHAIN}. */
  readonly organizationKey: number;
  /** Method and route, such as `GET /v1/evidence/:id`, or an operator's command. */
  readonly action: string;
  /** `key:ID`, `supervisor:ORG`, `share:ID` or `operator:NAME`. */
  readonly actor: string;
  readonly atMs: number;
  /** Network address, or `host:NAME` for a command. */
  readonly from: string;
  /** `begun`, `done`, or the status of the answer. */
  readonly outcome: string;
  /** Ids of what it was done to. */
  readonly subject?: readonly string[];
  /** Requests that the entry stands for, where several were taken together. */
  readonly requests?: number;
  /** Records that were taken in. */
  readonly records?: number;
}

/** J(entry). */
export function formatAuditEntry(entry: AuditEntry): Uint8Array {
  const { action, actor, atMs, from, outcome, subject = [], requests, records } = entry;
  return formatCanonicalBytes({
    action,
    actor,
    at: new Date(atMs).toISOString(),
    format: AUDIT_FORMAT,
    from,
    outcome,
    ...(records !== undefined && { records }),
    ...(requests !== undefined && { requests }),
    ...(subject.length > 0 && { subject: [...subject] }),
  });
}

/** Appends the API's entries to the chains of their organizations, in the caller's transaction if there is one. */
export async function appendAudit(
  client: Pick<ClientBase, 'query'>,
  entries: readonly AuditEntry[],
): Promise<void> {
  await client.query('SELECT append_api_audit($1::int[], $2::bytea[])', [
    entries.map(({ organizationKey }) => organizationKey),
    entries.map((entry) => Buffer.from(formatAuditEntry(entry))),
  ]);
}
