/**
 * `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header): per organization, decided by a row, so it holds
 * over any number of API processes.
 *
 * A request first claims its key; the claim is the right to store the first answer. The answer is stored by the same
 * statement that stores what the request did, under that claim, so a process that stalled past its claim can neither
 * store nor answer. A claim whose process died is taken over after it ran out: nothing was stored under it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FastifyRequest } from 'fastify';
import { type PoolClient } from 'pg';
import { type IdempotencyOutcome, type ValueCipher } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

const CLAIM_SECONDS = 60;
const KEY = /^[!-~]{1,255}$/;

/** The right to give the first answer to a key. */
export interface Claim {
  readonly organization: number;
  readonly key: string;
  readonly claim: string;
  /** Seals an answer for the row of this claim. */
  readonly seal: (body: string) => Buffer;
}

/** An answer as it is stored to be given again. The body is JSON text: a string leaves in one write with its headers. */
export interface StoredAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
  /** Ids of the evidence that the body shows, beside the one at `location`. */
  readonly shows?: readonly string[];
}

/** The status of a row whose answer was erased, because it showed personal data. */
export const ERASED_STATUS = 410;

interface Row {
  key: string;
  request_sha256: Buffer;
  status: number | null;
  location: string | null;
  body: Buffer | null;
}

/** Answers of a handler: fresh, or replayed as they were first given. */
export interface Answer extends StoredAnswer {
  readonly replayed: boolean;
}

export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
  ) {}

  /**
   * Runs `work` once for the request's key, or gives the stored answer; without a key it just runs. `work` stores its
   * answer under the claim it is given. When it fails, the claim is given up and the client may repeat the request.
   */
  async run(
    request: FastifyRequest,
    organization: number,
    work: (claim: Claim | undefined) => Promise<StoredAnswer>,
  ): Promise<Answer> {
    const key = readKey(request);
    if (key === undefined) return { ...(await work(undefined)), replayed: false };
    const claimed = await this.claim(organization, key, fingerprintOf(request));
    if ('status' in claimed) return { ...claimed, replayed: true };
    try {
      return { ...(await work(claimed)), replayed: false };
    } catch (error) {
      await this.release(claimed);
      throw error;
    }
  }

  /** What a client names and sends is stored as keyed hashes; rows of a day ago may still have it in clear. */
  private async claim(organization: number, given: string, request: Buffer): Promise<Claim | StoredAnswer> {
    const key = this.values.mac(organization, 'idempotency.key', given).toString('base64url');
    const requestMac = this.values.mac(organization, 'idempotency.request', request);
    const claim = randomUUID();
    return await this.database.forOrganization(organization, async (client) => {
      const { rows } = await client.query<{ key: string }>(
        `INSERT INTO idempotency (organization, key, request_sha256, claim, claimed_until)
         VALUES ($1, coalesce((SELECT key FROM idempotency WHERE organization = $1 AND key = $6), $2), $3, $4,
           clock_timestamp() + make_interval(secs => $5))
         ON CONFLICT (organization, key) DO UPDATE
           SET claim = excluded.claim, claimed_until = excluded.claimed_until
           WHERE idempotency.status IS NULL AND idempotency.claimed_until < clock_timestamp()
             AND idempotency.request_sha256 IN (excluded.request_sha256, $7)
         RETURNING key`,
        [organization, key, requestMac, claim, CLAIM_SECONDS, given, request],
      );
      const row = rows[0]?.key;
      if (row === undefined)
        return await this.readAnswer(client, organization, [key, given], [requestMac, request]);
      return { organization, key: row, claim, seal: (body) => this.seal(organization, row, body) };
    });
  }

  private seal(organization: number, key: string, body: string): Buffer {
    return this.values.seal({ organization, column: 'idempotency.body', id: key }, Buffer.from(body));
  }

  private async readAnswer(
    client: PoolClient,
    organization: number,
    keys: readonly string[],
    requests: readonly Buffer[],
  ): Promise<StoredAnswer> {
    const { rows } = await client.query<Row>(
      'SELECT key, request_sha256, status, location, body FROM idempotency WHERE organization = $1 AND key = ANY($2)',
      [organization, keys],
    );
    const row = rows[0];
    if (row && !requests.some((request) => row.request_sha256.equals(request))) {
      throw new ProblemError('idempotency-mismatch', 'use a new Idempotency-Key for a different request');
    }
    if (row?.status == null || !row.body) {
      throw new ProblemError('idempotency-in-flight', 'wait for the first request, then repeat it', {
        retryAfterSeconds: 1,
      });
    }
    if (row.status === ERASED_STATUS) {
      throw new ProblemError(
        'answer-erased',
        'personal data in the first answer was erased: read the evidence itself',
      );
    }
    const body = this.values.open({ organization, column: 'idempotency.body', id: row.key }, row.body);
    return { status: row.status, location: row.location, body: body.toString('utf8') };
  }

  /** Gives up a claim whose work failed, so that the request may be repeated at once. */
  private async release({ organization, key, claim }: Claim): Promise<void> {
    await this.database
      .forOrganization(organization, (client) =>
        client.query(
          'DELETE FROM idempotency WHERE organization = $1 AND key = $2 AND claim = $3 AND status IS NULL',
          [organization, key, claim],
        ),
      )
      // If this fails as well the claim runs out by itself; the error of the work is what the client must see.
      .catch(() => undefined);
  }
}

/**
 * Stores an answer inside the transaction that stores what was done.
 *
 * @throws ProblemError `idempotency-in-flight` when the claim ran out meanwhile and another request has taken over.
 */
export async function storeAnswer(
  client: PoolClient,
  claim: Claim | undefined,
  answer: StoredAnswer,
): Promise<void> {
  if (!claim) return;
  const { rowCount } = await client.query(
    `UPDATE idempotency SET status = $4, location = $5, body = $6, shows = $7
     WHERE organization = $1 AND key = $2 AND claim = $3 AND status IS NULL`,
    [
      claim.organization,
      claim.key,
      claim.claim,
      answer.status,
      answer.location,
      claim.seal(answer.body),
      encodeShown(answer),
    ],
  );
  if (rowCount === 1) return;
  throw new ProblemError(
    'idempotency-in-flight',
    'another request with this key has taken over: repeat it for its answer',
    {
      retryAfterSeconds: 1,
    },
  );
}

/** The outcome row that the intake statement stores together with the evidence. */
export function toOutcome(claim: Claim | undefined, answer: StoredAnswer): IdempotencyOutcome[] {
  return claim ? [{ ...claim, ...answer, body: claim.seal(answer.body), shows: encodeShown(answer) }] : [];
}

function encodeShown({ shows = [] }: StoredAnswer): Buffer {
  return Buffer.from(shows.join('').replaceAll('-', ''), 'hex');
}

function readKey(request: FastifyRequest): string | undefined {
  const given = request.headers['idempotency-key'];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && KEY.test(given)) return given;
  throw new ProblemError('malformed-request', 'Idempotency-Key: 1 to 255 visible ASCII characters, once');
}

/** What makes two requests the same: method, route, resource and body. */
function fingerprintOf(request: FastifyRequest): Buffer {
  const params = JSON.stringify(request.params ?? {});
  return createHash('sha256')
    .update(`${request.method} ${request.routeOptions.url ?? ''} ${params}\n`)
    .update(request.rawBody ?? '')
    .digest();
}
