/**
 * Revokes a signer's key, or one certificate for it. The row and the public `revocation` event are committed together; the
 * event names the key by its hash alone. An effective time may lie in the past, and the log shows that it does.
 */
import { formatRevocationEvent, formatTime } from '@cunzheng/ledger';
import { queueApiEvent } from '@cunzheng/persistence';
import { type Principal } from '../auth/principal.js';
import { type Clock } from '../clock/clock.js';
import { type Database } from '../database/database.js';
import { storeAnswer, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { type OpenLog, type OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';
import { type KeyPath } from './key-path.js';
import { type RevocationRequest } from './signers.schemas.js';

/** How far a client's clock may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 300_000;

export class Revocations {
  constructor(
    private readonly database: Database,
    private readonly logs: OpenLogs,
    private readonly clock: Pick<Clock, 'read'>,
  ) {}

  /** @throws ProblemError `not-found` | `invalid-content` | `key-revoked` | `not-ready` | `clock-wrong`. */
  revoke(
    principal: Principal,
    key: KeyPath,
    request: RevocationRequest,
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    return this.logs.using((log) => this.revokeIn(log, principal, key, request, claim));
  }

  private async revokeIn(
    log: OpenLog,
    { organizationKey }: Principal,
    { signer, keyid }: KeyPath,
    request: RevocationRequest,
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    const { nowMs } = this.clock.read();
    const createdAt = formatTime(nowMs);
    const { effectiveAt = createdAt, certificate, reason } = request;
    assertNotToCome(effectiveAt, nowMs);
    const event = {
      createdAt,
      effectiveAt,
      keyid,
      log: log.origin,
      ...(certificate === undefined ? {} : { certificate }),
      ...(reason === undefined ? {} : { reason }),
    };
    return await this.database.forOrganization(organizationKey, async (client) => {
      const hash = certificate === undefined ? null : Buffer.from(certificate, 'hex');
      const { rows } = await client.query<{ key: number; known: boolean }>(
        `SELECT key, EXISTS (
           SELECT FROM signer_revocation r WHERE r.key = k.key AND r.effective_at <= $3
             AND (r.certificate IS NULL OR r.certificate = $4)
         ) AS known FROM signer_key k WHERE signer = $1 AND keyid = $2`,
        [signer, Buffer.from(keyid, 'hex'), effectiveAt, hash],
      );
      const [key] = rows;
      if (!key) throw new ProblemError('not-found', 'no such key of this signer in your organization');
      if (key.known)
        throw new ProblemError('key-revoked', 'it is revoked already, as of that time or an earlier one');
      await client.query(
        'INSERT INTO signer_revocation (organization, key, certificate, effective_at, reason) VALUES ($1, $2, $3, $4, $5)',
        [organizationKey, key.key, hash, effectiveAt, reason ?? null],
      );
      await queueApiEvent(client, { log: log.id, body: formatRevocationEvent(event) });
      const answer = { status: 201, location: `/v1/signers/${signer}`, body: JSON.stringify(event) };
      await storeAnswer(client, claim, answer);
      return answer;
    });
  }
}

function assertNotToCome(effectiveAt: string, nowMs: number): void {
  if (Date.parse(effectiveAt) <= nowMs + MAX_CLOCK_SKEW_MS) return;
  const detail = 'must not be in the future: revoke when it takes effect';
  throw new ProblemError('invalid-content', `effectiveAt: ${detail}`, {
    errors: [{ pointer: '/effectiveAt', detail }],
  });
}
