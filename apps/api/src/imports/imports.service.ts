/**
 * Imports: streams of lines, each an evidence request, stored part by part through the same intake as everything else.
 * While one part is being stored the next is read and prepared, and no more: the stream is held back when the intake is
 * full, and while the organization's minute is used up. Progress is written after its part, in order, under the claim of the
 * request that goes on with the import; a part that was stored without it is sent again and found by its client references.
 * What goes beyond the month's quota ends the stream there.
 */
import { randomUUID } from 'node:crypto';
import { type Readable } from 'node:stream';
import { type BeforeApplicationShutdown } from '@nestjs/common';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { type EvidenceService } from '../evidence/evidence-service.js';
import { parseStrictJson } from '../http/json-body.js';
import { type OrganizationLimit } from '../limits/organization-limit.js';
import { ProblemError } from '../problems/problem-error.js';
import {
  MAX_LINE_BYTES,
  MAX_PART_LINES,
  readParts,
  type ImportLine,
  type ImportPart,
} from './import-lines.js';
import { ImportRows, type ClaimedImport, type ImportProgress } from './import-rows.js';
import { formatOutcomes, packOutcomes, type LineOutcome } from './line-outcomes.js';

const PARTS_UNDER_WAY = 3;

interface StoredPart {
  readonly outcomes: readonly LineOutcome[];
  readonly sizeBytes: number;
  /** Why the stream goes no further. */
  readonly end?: ProblemError;
}

export class Imports implements BeforeApplicationShutdown {
  private readonly rows: ImportRows;
  private readonly stopping = new AbortController();

  constructor(
    database: Database,
    private readonly evidence: EvidenceService,
    private readonly limit: OrganizationLimit,
  ) {
    this.rows = new ImportRows(database);
  }

  /** Streams end with the part they are at: the process is about to stop. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Makes an import and takes the lines in, if there are any. */
  async create(principal: Principal, body: Readable): Promise<ImportProgress> {
    const claimed = await this.rows.create(principal, randomUUID());
    await this.take(principal, claimed, body);
    return await this.rows.read(principal, claimed.id);
  }

  /**
   * Goes on with an import at `offsetBytes`, which must be where it stands.
   *
   * @throws ProblemError `import-offset` if it stands elsewhere, or another request takes over.
   */
  async resume(
    principal: Principal,
    id: string,
    offsetBytes: number,
    body: Readable,
  ): Promise<ImportProgress> {
    await this.take(principal, await this.rows.claim(principal, id, offsetBytes, randomUUID()), body);
    return await this.rows.read(principal, id);
  }

  async read(principal: Principal, id: string): Promise<ImportProgress> {
    return await this.rows.read(principal, id);
  }

  /** A line of JSON for each line after `afterLine` that was not blank, and one that ends them. */
  async *results(principal: Principal, id: string, afterLine: number): AsyncGenerator<string> {
    let after = afterLine;
    for (;;) {
      const parts = await this.rows.readParts(principal, id, after);
      for (const part of parts) {
        yield* formatOutcomes(part, part.firstLine, after);
        after = part.firstLine + part.n - 1;
      }
      if (parts.length === 0 || this.stopping.signal.aborted) break;
    }
    if (!this.stopping.signal.aborted) yield JSON.stringify({ end: true, line: after });
  }

  private async take(principal: Principal, claimed: ClaimedImport, body: Readable): Promise<void> {
    const maxLines = Math.min(MAX_PART_LINES, this.limit.perMinute(principal));
    const underWay: Promise<void>[] = [];
    let noted = Promise.resolve();
    try {
      // What is not read stays in the connection, which must stay open for the answer.
      for await (const part of readParts(body.iterator({ destroyOnReturn: false }), maxLines)) {
        await this.admit(principal, part.lines.length);
        const stored = this.store(principal, part);
        // Progress has no gaps: after a part that failed nothing is noted, and what follows it is sent again.
        noted = noted.then(async () => this.advance(principal, claimed, await stored));
        for (const promise of [stored, noted]) promise.catch(() => undefined);
        if (underWay.push(noted) === PARTS_UNDER_WAY) await underWay.shift();
      }
    } finally {
      // Of a stream that broke, what had come before is taken in all the same.
      await noted;
    }
  }

  /** Waits while the minute is used up: the stream is not read meanwhile. */
  private async admit(principal: Principal, lines: number): Promise<void> {
    const { signal } = this.stopping;
    try {
      signal.throwIfAborted();
      await this.limit.admitWhenFree(principal, lines, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new ProblemError('not-ready', 'the service restarts: go on with the import');
    }
  }

  private async store(principal: Principal, { lines, sizeBytes }: ImportPart): Promise<StoredPart> {
    const items = lines.map(parseLine);
    const outcomes = await this.evidence.acceptEach(
      principal,
      items.filter((item) => item !== undefined),
    );
    let next = 0;
    const part = {
      outcomes: items.map((item) => (item === undefined ? undefined : outcomes[next++])),
      sizeBytes,
    };
    return untilQuota(part, lines);
  }

  private async advance(principal: Principal, claimed: ClaimedImport, part: StoredPart): Promise<void> {
    const { outcomes, sizeBytes, end } = part;
    if (outcomes.length > 0) {
      const packed = packOutcomes(outcomes, claimed.lines + 1);
      await this.rows.advance(principal, claimed, { ...packed, n: outcomes.length, sizeBytes });
      claimed.lines += outcomes.length;
    }
    if (end) throw end;
  }
}

/** The part up to the first line that did not fit into the month: that is where the stream goes on another time. */
function untilQuota(part: StoredPart, lines: readonly ImportLine[]): StoredPart {
  const problem = part.outcomes.find(isBeyondQuota);
  if (!problem) return part;
  const n = part.outcomes.indexOf(problem);
  const sizeBytes = lines.slice(0, n).reduce((sum, line) => sum + line.sizeBytes, 0);
  return { outcomes: part.outcomes.slice(0, n), sizeBytes, end: problem };
}

const isBeyondQuota = (outcome: LineOutcome): outcome is ProblemError =>
  outcome instanceof ProblemError && outcome.code === 'quota-exceeded';

/** The value of a line, the problem that it has, or undefined for a blank one. */
function parseLine({ bytes }: ImportLine): unknown {
  if (!bytes)
    return new ProblemError('body-too-large', `a line has more than ${MAX_LINE_BYTES} bytes: shorten it`);
  if (bytes.length < 2 && (bytes.length === 0 || bytes[0] === 0x0d)) return undefined;
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}
