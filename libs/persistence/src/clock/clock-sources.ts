/** What timestamping authorities said the time is, compared with PostgreSQL's clock: one row for each, shared by all processes. */
import { type Pool } from 'pg';

/** Milliseconds. */
export interface ClockSourceRow {
  readonly authority: string;
  /** Its time minus the database's. */
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
  /** By the database's clock, since 1970. */
  readonly observedAtMs: number;
}

export interface DatabaseClock {
  /** Since 1970. */
  readonly databaseMs: number;
  /** `createdAt` of the newest block. */
  readonly newestMs: number | undefined;
  readonly sources: readonly ClockSourceRow[];
}

export async function readDatabaseClock(pool: Pool): Promise<DatabaseClock> {
  const { rows } = await pool.query<{
    now: number;
    newest: string | null;
    sources: readonly ClockSourceRow[] | null;
  }>(
    `SELECT
       (SELECT json_agg(json_build_object('authority', authority, 'aheadMs', ahead_ms, 'uncertaintyMs', uncertainty_ms,
          'observedAtMs', floor(extract(epoch FROM observed_at) * 1000)) ORDER BY authority) FROM clock_source) AS sources,
       (SELECT convert_from(header, 'UTF8')::json ->> 'createdAt' FROM block ORDER BY log DESC, height DESC LIMIT 1) AS newest,
       (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
  );
  const [row] = rows;
  if (!row) throw new Error('got no row from the database, want its clock');
  return {
    databaseMs: row.now,
    newestMs: row.newest === null ? undefined : Date.parse(row.newest),
    sources: row.sources ?? [],
  };
}

/** Replaces what the authority said before. */
export async function storeClockSource(
  pool: Pool,
  { authority, aheadMs, uncertaintyMs }: Omit<ClockSourceRow, 'observedAtMs'>,
): Promise<void> {
  await pool.query(
    `INSERT INTO clock_source (authority, ahead_ms, uncertainty_ms, observed_at) VALUES ($1, $2, $3, clock_timestamp())
     ON CONFLICT (authority) DO UPDATE
     SET ahead_ms = excluded.ahead_ms, uncertainty_ms = excluded.uncertainty_ms, observed_at = excluded.observed_at`,
    [authority, aheadMs, uncertaintyMs],
  );
}

/** Authorities that have said nothing for a day are not heard any more. */
export async function forgetOldClockSources(pool: Pool): Promise<void> {
  await pool.query("DELETE FROM clock_source WHERE observed_at < clock_timestamp() - interval '1 day'");
}
