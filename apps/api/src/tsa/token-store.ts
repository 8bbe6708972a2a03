/**
 * Stores tokens with their records. Those that are asked for within a few milliseconds share one parcel and one commit; each
 * promise resolves after it. Serial numbers come from one sequence for all processes, a handful at a time.
 */
import { randomBytes } from 'node:crypto';
import { type AnchorSignals } from '@cunzheng/anchor-queue';
import { insertTsaTokens, reserveTsaSerials, type NewTsaToken } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

const WINDOW_MS = 2;
const MAX_ROWS = 512;
const MAX_WAITING = 4_096;
const SERIALS_AT_ONCE = 64;
/** A database that was restored from an older backup counts from there again: the random part keeps serials apart. */
const RANDOM_BYTES = 8;

interface Waiting {
  readonly log: number;
  readonly token: NewTsaToken;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class TokenStore {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private pending = 0;
  private serials: Promise<bigint[]> | undefined;

  constructor(
    private readonly database: Database,
    private readonly signals: Pick<AnchorSignals, 'signal'>,
  ) {}

  /** A serial number that no other token of this authority has or will have. */
  async takeSerial(): Promise<bigint> {
    for (;;) {
      this.serials ??= reserveTsaSerials(this.database.pool, SERIALS_AT_ONCE);
      const serials = await this.serials.catch((cause: unknown) => {
        this.serials = undefined;
        throw away(cause);
      });
      const serial = serials.pop();
      if (serial !== undefined)
        return (
          (serial << BigInt(8 * RANDOM_BYTES)) | BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`)
        );
      this.serials = undefined;
    }
  }

  /** Resolves once token and record are committed. @throws ProblemError `busy` when too many wait, `not-ready`. */
  async store(log: number, token: NewTsaToken): Promise<void> {
    if (this.pending >= MAX_WAITING) {
      throw new ProblemError('busy', 'too many tokens wait to be stored: repeat the request shortly', {
        retryAfterSeconds: 1,
      });
    }
    this.pending += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        this.waiting.push({ log, token, resolve, reject });
        if (this.waiting.length >= MAX_ROWS) this.flush();
        else
          this.timer ??= setTimeout(() => {
            this.flush();
          }, WINDOW_MS);
      });
    } finally {
      this.pending -= 1;
    }
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    for (const log of new Set(batch.map((item) => item.log))) {
      void this.insert(
        log,
        batch.filter((item) => item.log === log),
      );
    }
  }

  private async insert(log: number, batch: readonly Waiting[]): Promise<void> {
    try {
      const parcel = await insertTsaTokens(
        this.database.pool,
        log,
        batch.map(({ token }) => token),
      );
      this.signals.signal(parcel);
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      for (const { reject } of batch) reject(away(cause));
    }
  }
}

/** Without the database's word no token leaves: it might not be in the ledger. */
function away(cause: unknown): ProblemError {
  return new ProblemError('not-ready', 'the database did not confirm the token: repeat the request', {
    retryAfterSeconds: 2,
    cause,
  });
}
