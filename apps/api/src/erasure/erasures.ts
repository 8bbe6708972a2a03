/**
 * Erases personal data of one piece of evidence, or of a registered signer everywhere. What is erased and the event that
 * says how many records were, without saying whose, are committed together. Repeating it changes nothing.
 */
import { formatErasureEvent, formatTime } from '@cunzheng/ledger';
import { queueApiEvent, type ValueCipher } from '@cunzheng/persistence';
import { type PoolClient } from 'pg';
import { type Principal } from '../auth/principal.js';
import { type Clock } from '../clock/clock.js';
import { type Database } from '../database/database.js';
import { type EvidenceReader } from '../evidence/evidence-reader.js';
import { ERASED_STATUS } from '../idempotency/idempotency.js';
import { type OpenLog, type OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';
import { eraseRow } from './erase-row.js';
import { goesWithEvidence, goesWithSigner, type ErasureQuery } from './personal-names.js';

/** Records that one transaction erases; each has one event. */
const CHUNK = 200;
/** How long one request goes on; the client repeats it for the rest. */
const BUDGET_MS = 20_000;

export interface EvidenceErasure {
  readonly id: string;
  /** Absent when there was nothing to erase. */
  readonly erasedAt?: string;
  /** Names of the disclosures that are gone. */
  readonly erased: readonly string[];
}

export interface SignerErasure {
  readonly id: string;
  readonly erasedAt: string;
  /** Whether nothing is left to do; else the request is to be repeated. */
  readonly complete: boolean;
  /** Records that this request erased, and that still show the signer. */
  readonly evidence: { readonly erased: number; readonly remaining: number };
}

export class Erasures {
  constructor(
    private readonly database: Database,
    private readonly reader: EvidenceReader,
    private readonly logs: OpenLogs,
    private readonly values: ValueCipher,
    private readonly clock: Pick<Clock, 'read'>,
  ) {}

  /** @throws ProblemError `not-found` | `busy` | `not-ready` | `clock-wrong`. */
  eraseEvidence(principal: Principal, id: string, query: ErasureQuery): Promise<EvidenceErasure> {
    return this.logs.using((log) => this.eraseEvidenceIn(log, principal, id, query));
  }

  /** @throws ProblemError `not-found` | `busy` | `not-ready` | `clock-wrong`. */
  async eraseSigner(principal: Principal, id: string, query: ErasureQuery): Promise<SignerErasure> {
    // Before anything is marked: under a wrong clock the log would not take the event.
    this.clock.read();
    // From here on nothing new is stored for this signer, so the loop comes to an end.
    const erasedAt = await this.mark(principal, id, false);
    const deadlineMs = performance.now() + BUDGET_MS;
    let erased = 0;
    let more = true;
    while (more && performance.now() < deadlineMs) {
      const done = await this.logs.using((log) => this.eraseSome(principal, id, query, log));
      erased += done.erased;
      more = done.more;
    }
    const remaining = await this.countRemaining(principal, id);
    if (remaining === 0) await this.mark(principal, id, true);
    return {
      id,
      erasedAt: erasedAt.toISOString(),
      complete: remaining === 0,
      evidence: { erased, remaining },
    };
  }

  private async eraseEvidenceIn(
    log: OpenLog,
    principal: Principal,
    id: string,
    query: ErasureQuery,
  ): Promise<EvidenceErasure> {
    const { organizationKey } = principal;
    return await this.database.forOrganization(organizationKey, async (client) => {
      const evidence = (await this.reader.loadWith(client, principal, [id])).get(id);
      if (!evidence) throw new ProblemError('not-found', 'no evidence with this id in your organization');
      const erased = await eraseRow(client, this.values, organizationKey, evidence, goesWithEvidence(query));
      if (erased) await this.log(client, log, 1);
      const state = erased ?? evidence.erasure;
      return { id, ...(state && { erasedAt: state.at.toISOString() }), erased: state?.names ?? [] };
    });
  }

  /** Marks the signer as erased; with `forget` the identity goes, which evidence no longer needs. */
  private async mark({ organizationKey }: Principal, id: string, forget: boolean): Promise<Date> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{ at: Date | null }>('SELECT erase_signer($1, $2, $3) AS at', [
        organizationKey,
        id,
        forget,
      ]);
      const at = rows[0]?.at;
      if (!at) throw new ProblemError('not-found', 'no signer with this id in your organization');
      if (forget)
        await client.query(
          `UPDATE idempotency SET status = $3, body = '', shows = ''
           WHERE organization = $1 AND location = $2 AND status IS NOT NULL`,
          [organizationKey, `/v1/signers/${id}`, ERASED_STATUS],
        );
      return at;
    });
  }

  private async eraseSome(
    principal: Principal,
    signer: string,
    query: ErasureQuery,
    log: OpenLog,
  ): Promise<{ erased: number; more: boolean }> {
    const { organizationKey } = principal;
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{ evidence: string }>(
        'SELECT evidence FROM evidence_signer WHERE organization = $1 AND signer = $2 ORDER BY evidence LIMIT $3',
        [organizationKey, signer, CHUNK],
      );
      const ids = rows.map(({ evidence }) => evidence);
      let count = 0;
      for (const evidence of (await this.reader.loadWith(client, principal, ids)).values()) {
        const goes = goesWithSigner(evidence.signerIds, signer, query);
        if (await eraseRow(client, this.values, organizationKey, evidence, goes)) count += 1;
      }
      if (count > 0) await this.log(client, log, count);
      await client.query(
        'DELETE FROM evidence_signer WHERE organization = $1 AND signer = $2 AND evidence = ANY($3)',
        [organizationKey, signer, ids],
      );
      return { erased: count, more: rows.length === CHUNK };
    });
  }

  private async countRemaining({ organizationKey }: Principal, signer: string): Promise<number> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM evidence_signer WHERE organization = $1 AND signer = $2',
        [organizationKey, signer],
      );
      return rows[0]?.n ?? 0;
    });
  }

  private async log(client: PoolClient, { id, origin }: OpenLog, count: number): Promise<void> {
    const body = formatErasureEvent({ createdAt: formatTime(this.clock.read().nowMs), log: origin, count });
    await queueApiEvent(client, { log: id, body });
  }
}
