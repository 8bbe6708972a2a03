/**
 * The `revocation` events in this service's own logs, for its own verification: those of anchored blocks, which everybody can
 * read. Blocks never change, so each is looked at once; what is remembered is the revocations alone.
 */
import { parseKnownEvent } from '@cunzheng/ledger';
import { type LoggedRevocation, parseReceipt, parseRecord, ReceiptError } from '@cunzheng/receipt';
import { type Database } from '../database/database.js';

interface Known {
  readonly height: number;
  readonly revocations: readonly LoggedRevocation[];
}

export class LoggedRevocations {
  private readonly known = new Map<number, Known>();

  constructor(private readonly database: Database) {}

  /** Those of the log that the receipt says it is from, or undefined if that is none of ours. */
  async forReceipt(receipt: string): Promise<readonly LoggedRevocation[] | undefined> {
    const origin = originOf(receipt);
    if (origin === undefined) return undefined;
    const [log] = await this.database.query<{ id: number; height: number }>(
      `SELECT id, coalesce((SELECT max(height) FROM block WHERE log = id AND anchored_at IS NOT NULL), -1)::float8 AS height
       FROM log WHERE origin = $1`,
      [origin],
    );
    return log && (await this.readUpTo(log.id, log.height));
  }

  private async readUpTo(log: number, height: number): Promise<readonly LoggedRevocation[]> {
    const before = this.known.get(log) ?? { height: -1, revocations: [] };
    if (before.height >= height) return before.revocations;
    const rows = await this.database.query<EventRow>(
      `SELECT height::float8 AS height, body FROM log_event WHERE log = $1 AND height > $2 AND height <= $3
         AND position('"event":"revocation"'::bytea IN body) > 0 ORDER BY height, ord`,
      [log, before.height, height],
    );
    const revocations = [...before.revocations, ...rows.flatMap(toRevocation)];
    this.known.set(log, { height, revocations });
    return revocations;
  }
}

interface EventRow {
  readonly height: number;
  readonly body: Buffer;
}

function toRevocation({ height, body }: EventRow): LoggedRevocation[] {
  const event = parseKnownEvent(new Uint8Array(body));
  return event?.event === 'revocation' ? [{ ...event, height }] : [];
}

function originOf(receipt: string): string | undefined {
  try {
    return parseRecord(parseReceipt(new TextEncoder().encode(receipt)).record).log;
  } catch (error) {
    if (error instanceof ReceiptError) return undefined;
    throw error;
  }
}
