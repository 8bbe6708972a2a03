/** The ledgers this process can read: one reader for each log, opened when first asked for, read-only. */
import { LedgerError } from '@cunzheng/ledger';
import { logDirectory, openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import { ProblemError } from '../problems/problem-error.js';

const LOG_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

export class Ledgers {
  private readonly readers = new Map<string, Promise<LedgerReader>>();

  constructor(private readonly ledgerDir: string) {}

  /** @throws ProblemError `not-found` for a log that this service does not hold. */
  async reader(logName: string): Promise<LedgerReader> {
    if (!LOG_NAME.test(logName)) throw notFound();
    const known = this.readers.get(logName);
    if (known) return await known;
    const opening = openLedgerReader({ dir: logDirectory(this.ledgerDir, logName) });
    this.readers.set(logName, opening);
    try {
      return await opening;
    } catch (error) {
      this.readers.delete(logName);
      throw error instanceof LedgerError && error.code === 'ledger-missing' ? notFound() : error;
    }
  }

  async close(): Promise<void> {
    for (const opening of this.readers.values()) await opening.then((reader) => reader.close()).catch(() => undefined);
  }
}

function notFound(): ProblemError {
  return new ProblemError('not-found', 'no such log: see the origin in a checkpoint for its name');
}
