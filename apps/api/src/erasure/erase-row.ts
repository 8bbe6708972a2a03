/**
 * Erases disclosures of one piece of evidence, inside a transaction of its organization: its row keeps J(record) and what is
 * left, stored answers that showed it are emptied, and links to its erased signers go. Salts and values of the rest are
 * nowhere afterwards but in old row versions, the write-ahead log and backups (docs/operations.md).
 */
import { clientRefMac, sealEvidence, type ValueCipher } from '@cunzheng/persistence';
import { listDisclosureNames } from '@cunzheng/receipt';
import { type PoolClient } from 'pg';
import { encodeErased } from '../evidence/erased-content.js';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { evidencePath } from '../evidence/evidence-resource.js';
import { ERASED_STATUS } from '../idempotency/idempotency.js';
import { ProblemError } from '../problems/problem-error.js';
import { type Goes } from './personal-names.js';

export interface Erased {
  readonly at: Date;
  /** Names of all disclosures that are gone, earlier erasures included. */
  readonly names: readonly string[];
}

/**
 * What was erased, or undefined when nothing of it was left.
 *
 * @throws ProblemError `busy` when the row was changed since it was read.
 */
export async function eraseRow(
  client: PoolClient,
  values: ValueCipher,
  organization: number,
  evidence: LoadedEvidence,
  goes: Goes,
): Promise<Erased | undefined> {
  const { record } = evidence;
  const names = listDisclosureNames(record.disclosures);
  const going = names.filter(goes);
  if (going.length === 0) return undefined;
  const gone = [...(evidence.erasure?.names ?? []), ...going].sort();
  const keepsSigner = (index: number): boolean =>
    names.some((name) => name.startsWith(`signer.${index}.`) && !goes(name));
  const content = encodeErased(record.record, {
    d: record.disclosures.filter((_, index) => !going.includes(names[index] ?? '')),
    x: gone,
    s: evidence.signerIds.map((id, index) => (keepsSigner(index) ? id : '')),
  });
  const reference = goes('clientRef') ? undefined : evidence.clientRef;
  const { rows } = await client.query<{ at: Date | null }>(
    'SELECT erase_evidence($1, $2, $3, $4, $5) AS at',
    [
      organization,
      record.id,
      evidence.stored,
      sealEvidence(values, organization, record.id, { secrets: new Uint8Array(), clientRef: null, content }),
      reference === undefined ? null : clientRefMac(values, organization, reference),
    ],
  );
  const at = rows[0]?.at;
  if (!at)
    throw new ProblemError('busy', 'this evidence is being changed: repeat the request', {
      retryAfterSeconds: 1,
    });
  await forgetSigners(client, organization, evidence, keepsSigner);
  await forgetAnswers(client, organization, record.id);
  return { at, names: gone };
}

async function forgetSigners(
  client: PoolClient,
  organization: number,
  { record, signerIds }: LoadedEvidence,
  keeps: (index: number) => boolean,
): Promise<void> {
  const gone = signerIds.filter((id, index) => id !== '' && !keeps(index));
  if (gone.length === 0) return;
  await client.query(
    'DELETE FROM evidence_signer WHERE organization = $1 AND evidence = $2 AND signer = ANY($3)',
    [organization, record.id, gone],
  );
}

/** Stored answers that show the evidence; of batches from before their contents were noted, all. */
async function forgetAnswers(client: PoolClient, organization: number, id: string): Promise<void> {
  await client.query(
    `UPDATE idempotency SET status = $4, body = '', shows = ''
     WHERE organization = $1 AND status IS NOT NULL AND status <> $4
       AND (location = $2 OR position(uuid_send($3) IN shows) > 0 OR (location IS NULL AND substring(body FOR 1) = '\\x7b'))`,
    [organization, evidencePath(id), id, ERASED_STATUS],
  );
}
