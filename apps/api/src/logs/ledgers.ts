/** The logs this process can serve: one reader for each, opened when first asked for, read-only. */
import { LedgerError } from '@cunzheng/ledger';
import { listLogNames, logDirectory, openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import { ProblemError } from '../problems/problem-error.js';
import { PublishedLog } from './published-log.js';

const LOG_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

interface OpenedLog {
  readonly reader: LedgerReader;
  readonly published: PublishedLog;
}

export class Ledgers {
  private readonly opened = new Map<string, Promise<OpenedLog>>();

  constructor(private readonly ledgerDir: string) {}

  /** Everything in the ledger's files. @throws ProblemError `not-found` for a log that this service does not hold. */
  async reader(logName: string): Promise<LedgerReader> {
    return (await this.open(logName)).reader;
  }

  /** What the public may see of a log. @throws ProblemError `not-found`, as {@link reader}. */
  async published(logName: string): Promise<PublishedLog> {
    return (await this.open(logName)).published;
  }

  /** Every log that has a ledger here, whether it still grows or not. */
  names(): Promise<string[]> {
    return listLogNames(this.ledgerDir);
  }

  async close(): Promise<void> {
    for (const opening of this.opened.values())
      await opening.then(({ reader }) => reader.close()).catch(() => undefined);
  }

  private async open(logName: string): Promise<OpenedLog> {
    if (!LOG_NAME.test(logName)) throw noSuchLog();
    const known = this.opened.get(logName);
    if (known) return await known;
    const opening = openLedgerReader({ dir: logDirectory(this.ledgerDir, logName) }).then((reader) => ({
      reader,
      published: new PublishedLog(logName, reader),
    }));
    this.opened.set(logName, opening);
    try {
      return await opening;
    } catch (error) {
      this.opened.delete(logName);
      throw error instanceof LedgerError && error.code === 'ledger-missing' ? noSuchLog() : error;
    }
  }
}

function noSuchLog(): ProblemError {
  return new ProblemError('not-found', 'no such log: GET /logs names those that are served here');
}
