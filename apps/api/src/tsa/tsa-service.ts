/**
 * The timestamping authority: reserve a serial number, sign, commit token and record, then answer. A query that cannot be
 * granted gets a rejection with its PKIFailureInfo and leaves nothing behind.
 */
import { storeTsaKey } from '@cunzheng/persistence';
import { formatUuidV7, UUID_RANDOM_BYTES } from '@cunzheng/receipt';
import { parseTimestampQuery, TimestampError, type TimestampQuery } from '@cunzheng/timestamp';
import { type Clock } from '../clock/clock.js';
import { type Database } from '../database/database.js';
import { createRandomPool } from '../evidence/random-pool.js';
import { type OpenLog, type OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';
import { buildGrant, buildRejection } from './build-response.js';
import { TokenBuilder, type TokenSettings } from './build-token.js';
import { refuseQuery, type QueryRefusal } from './query-rules.js';
import { fixTokenRecord, TOKEN_SECRET_BYTES } from './token-record.js';
import { type TokenStore } from './token-store.js';

export interface TsaOptions extends TokenSettings {
  readonly clock: Pick<Clock, 'read'>;
}

export class TsaService {
  private readonly random = createRandomPool();
  private readonly tokens: TokenBuilder;
  private registered: Promise<void> | undefined;

  constructor(
    private readonly options: TsaOptions,
    private readonly logs: OpenLogs,
    private readonly store: TokenStore,
    private readonly database: Database,
  ) {
    this.tokens = new TokenBuilder(options);
  }

  /** A TimeStampResp for a TimeStampReq. @throws ProblemError `not-ready` or `busy` where no answer can be committed. */
  async answer(body: Uint8Array): Promise<Uint8Array> {
    const query = readQuery(body);
    const refusal = 'failure' in query ? query : refuseQuery(query, this.options.policy);
    if (refusal !== undefined || 'failure' in query)
      return buildRejection(refusal ?? (query as QueryRefusal));
    try {
      return buildGrant(await this.logs.using((log) => this.issue(query, log)));
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === 'clock-wrong')) throw error;
      return buildRejection({ failure: 'timeNotAvailable', text: error.detail });
    }
  }

  private async issue(query: TimestampQuery, log: OpenLog): Promise<Uint8Array> {
    await this.register();
    const serialNumber = await this.store.takeSerial();
    const { nowMs: genTimeMs, boundMs: clockBoundMs } = this.options.clock.read();
    const token = await this.tokens.build({ query, serialNumber, genTimeMs });
    const id = formatUuidV7(genTimeMs, this.random(UUID_RANDOM_BYTES));
    const secrets = this.random(TOKEN_SECRET_BYTES);
    const { sha256, entry } = fixTokenRecord({ id, token, secrets, origin: log.origin, clockBoundMs });
    await this.store.store(log.id, { sha256, id, secrets, token, clockBoundMs, entry });
    return token;
  }

  /** Before the first token everybody must know that the key is ours. */
  private async register(): Promise<void> {
    const { keyid, certificate } = this.options.identity;
    this.registered ??= storeTsaKey(this.database.pool, keyid, certificate.bytes);
    await this.registered.catch((error: unknown) => {
      this.registered = undefined;
      throw error;
    });
  }
}

function readQuery(body: Uint8Array): TimestampQuery | QueryRefusal {
  try {
    return parseTimestampQuery(body);
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    return { failure: 'badDataFormat', text: 'want a TimeStampReq in DER (RFC 3161)' };
  }
}
