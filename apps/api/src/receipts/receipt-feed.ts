/**
 * All receipts of an organization, in the order of the ledger: log by log, leaf by leaf. Blocks become final in that order
 * too, so whoever goes on from the last cursor misses nothing, however long ago that was. A page is read at a time and
 * no transaction stays open while the client takes its lines.
 */
import { type BeforeApplicationShutdown } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { z } from 'zod';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { blockQuery } from '../evidence/evidence.schemas.js';
import { type EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { exampleAnchored, exampleReceipt } from '../openapi/examples.js';
import { type BlockProofs, type ReceiptAssembler } from './receipt-assembler.js';

/** Records of one page at least, if there are as many; the parcel that reaches it comes whole. */
const PAGE_RECORDS = 500;
const PAGE_PARCELS = 500;
const ASSEMBLED_TOGETHER = 16;

export const receiptsQuery = z
  .strictObject({
    cursor: z
      .string()
      .regex(/^\d{1,4}\.\d{1,15}\.\d{1,15}$/, 'must be the cursor of an earlier line')
      .optional()
      .meta({ description: 'The cursor of the last line that was taken; without it, from the beginning' }),
    state: z.enum(['final', 'anchored']).default('final').meta({
      description: '`anchored` gives receipts that will still change as well: those not yet attested',
    }),
    ...blockQuery,
  })
  .refine(({ log, blockHeight }) => (log === undefined) === (blockHeight === undefined), {
    path: ['blockHeight'],
    error: 'goes with log: together they name a block',
  });

export type ReceiptsQuery = z.output<typeof receiptsQuery>;

export const exampleReceiptLines = [
  {
    cursor: '1.1.3',
    evidence: exampleAnchored.id,
    clientRef: exampleAnchored.clientRef,
    receipt: exampleReceipt,
  },
  { end: true, cursor: '1.1.3' },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('');

/** The first leaf that was not looked at yet. */
interface Cursor {
  /** Internal number of the log; 0 is before the first. */
  readonly log: number;
  /** A block that is not after the leaf. */
  readonly height: number;
  readonly leaf: number;
}

interface Page {
  readonly found: readonly { readonly id: string; readonly cursor: Cursor }[];
  readonly next: Cursor;
  readonly isLast: boolean;
}

interface LogRow {
  id: number;
  closed: boolean;
  /** The last block that may be shown. */
  upto: string | null;
  anchored: string | null;
}

interface ParcelRow {
  id: string;
  n: number;
  first_leaf: string;
  height: string;
}

export class ReceiptFeed implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly reader: EvidenceReader,
    private readonly receipts: ReceiptAssembler,
  ) {}

  /** Streams end after the page that they are at, without their last line: the process is about to stop. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** A line of JSON for each receipt after the cursor, and one that ends them. */
  async *lines(principal: Principal, query: ReceiptsQuery): AsyncGenerator<string> {
    let at = parseCursor(query.cursor);
    for (;;) {
      const { found, next, isLast } = await this.database.forOrganization(
        principal.organizationKey,
        (client) => readPage(client, principal, at, query),
      );
      yield* this.linesOf(principal, found);
      at = next;
      if (this.stopping) return;
      if (isLast) break;
    }
    yield JSON.stringify({ end: true, cursor: formatCursor(at) });
  }

  private async *linesOf(principal: Principal, found: Page['found']): AsyncGenerator<string> {
    const loaded = await this.reader.load(
      principal,
      found.map(({ id }) => id),
    );
    const shared: BlockProofs = new Map();
    for (let start = 0; start < found.length; start += ASSEMBLED_TOGETHER) {
      const lines = found.slice(start, start + ASSEMBLED_TOGETHER).flatMap(({ id, cursor }) => {
        const evidence = loaded.get(id);
        return evidence ? [this.lineOf(evidence, cursor, shared)] : [];
      });
      yield* await Promise.all(lines);
    }
  }

  private async lineOf(evidence: LoadedEvidence, cursor: Cursor, shared: BlockProofs): Promise<string> {
    const { bytes } = await this.receipts.assemble(evidence, undefined, shared);
    return JSON.stringify({
      cursor: formatCursor(cursor),
      evidence: evidence.record.id,
      clientRef: evidence.clientRef,
      receipt: bytes.toString('utf8'),
    });
  }
}

async function readPage(
  client: PoolClient,
  { organizationKey }: Principal,
  at: Cursor,
  query: ReceiptsQuery,
): Promise<Page> {
  const log = await findLog(client, at.log, query);
  if (!log) return { found: [], next: at, isLast: true };
  const from = log.id === at.log ? at : { log: log.id, height: 0, leaf: 0 };
  const parcels = await readParcels(client, from, Number(log.upto ?? -1), query.blockHeight);
  const last = parcels.at(-1);
  // The next log is looked at when nothing can come of this one any more.
  if (!last) {
    const isDone = log.closed && log.upto === log.anchored && query.log === undefined;
    return { found: [], next: isDone ? { log: log.id + 1, height: 0, leaf: 0 } : from, isLast: !isDone };
  }
  const { rows } = await client.query<{ id: string; leaf: string; height: string }>(
    `SELECT e.id, p.first_leaf + e.ord AS leaf, p.height FROM evidence e JOIN parcel p ON p.id = e.parcel
     WHERE e.organization = $1 AND e.parcel = ANY($2::bigint[]) AND p.first_leaf + e.ord >= $3 ORDER BY leaf`,
    [organizationKey, parcels.map(({ id }) => id), from.leaf],
  );
  return {
    found: rows.map(({ id, leaf, height }) => ({
      id,
      cursor: { log: log.id, height: Number(height), leaf: Number(leaf) + 1 },
    })),
    next: { log: log.id, height: Number(last.height), leaf: Number(last.first_leaf) + last.n },
    isLast: false,
  };
}

/** The log that is asked for, or else the one with this number, or else the next one. */
async function findLog(
  client: PoolClient,
  from: number,
  { state, log }: ReceiptsQuery,
): Promise<LogRow | undefined> {
  const { rows } = await client.query<LogRow>(
    `SELECT l.id, l.closed_at IS NOT NULL AS closed,
       (SELECT height FROM block WHERE log = l.id AND anchored_at IS NOT NULL ORDER BY height DESC LIMIT 1) AS anchored,
       (SELECT b.height FROM block b WHERE b.log = l.id AND b.anchored_at IS NOT NULL AND (
          NOT $2 OR l.policy IS NULL OR b.anchored_at < l.policy_since OR b.first_index + b.count < (
            SELECT max(tree_size) FROM attestation WHERE log = l.id AND attested_at IS NOT NULL))
        ORDER BY b.height DESC LIMIT 1) AS upto
     FROM log l WHERE CASE WHEN $3::text IS NULL THEN l.id >= $1 ELSE l.name = $3 END ORDER BY l.id LIMIT 1`,
    [from, state === 'final', log ?? null],
  );
  return rows[0];
}

/** Parcels that reach to the cursor's leaf or beyond, in the order of the ledger, a page of them; of one block if it is given. */
async function readParcels(
  client: PoolClient,
  { log, height, leaf }: Cursor,
  upto: number,
  only: number | undefined,
): Promise<ParcelRow[]> {
  const { rows } = await client.query<ParcelRow>(
    `SELECT id, n, first_leaf, height FROM parcel
     WHERE log = $1 AND height BETWEEN $2 AND $3 AND first_leaf + n > $4
     ORDER BY height, first_leaf LIMIT $5`,
    [log, Math.max(height, only ?? 0), Math.min(upto, only ?? upto), leaf, PAGE_PARCELS],
  );
  let records = 0;
  const beyond = rows.findIndex(({ n }) => (records += n) >= PAGE_RECORDS);
  return beyond === -1 ? rows : rows.slice(0, beyond + 1);
}

function parseCursor(text: string | undefined): Cursor {
  const [log = 0, height = 0, leaf = 0] = (text ?? '0.0.0').split('.').map(Number);
  return { log, height, leaf };
}

const formatCursor = ({ log, height, leaf }: Cursor): string => `${log}.${height}.${leaf}`;
