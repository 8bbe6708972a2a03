/**
 * What must be true after every fault, once the service has recovered: nothing waits, fsck is clean, every record that was
 * answered with 202 stands in the ledger once and its receipt verifies offline, no two checkpoints conflict. Each time what
 * is new is checked; `checkEverything` begins again from the first byte.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { logDirectory, fsck } from '@cunzheng/ledger/node';
import { createVerifier, parseTrust, type Trust, type Verifier } from '@cunzheng/receipt';
import { eventually } from '../test/support/eventually.js';
import { builtFile } from './built.js';
import { CheckpointBook } from './checkpoint-book.js';
import { FaultError, promise } from './fault-error.js';
import { type Installation } from './installation.js';
import { LedgerReplay } from './ledger-replay.js';
import { type Acknowledged, type Load } from './load.js';
import { PATIENCE_MS } from './patience.js';

const PARALLEL_RECEIPTS = 8;
const OBSERVE_EVERY_MS = 10;

const SETTLED = `
  SELECT (SELECT count(*)::int FROM parcel WHERE height IS NULL)
       + (SELECT count(*)::int FROM block WHERE anchored_at IS NULL) AS waiting,
    (SELECT name FROM log) AS name, (SELECT note FROM checkpoint ORDER BY tree_size DESC LIMIT 1) AS newest`;

interface SettledRow {
  readonly waiting: number;
  readonly newest: Buffer | null;
  readonly name: string | null;
}

interface KnownLog {
  readonly directory: string;
  readonly trust: Trust;
  readonly verifier: Verifier;
  readonly replay: LedgerReplay;
}

export class Inspection {
  readonly checkpoints = new CheckpointBook();
  /** Receipts verified, and how often fsck was run. */
  receipts = 0;
  fscks = 0;
  #log: KnownLog | undefined;
  #checked = 0;

  constructor(
    private readonly installation: Installation,
    private readonly load: Load,
  ) {}

  /** The service runs again, and nobody sends. */
  async check(): Promise<void> {
    await this.#settle();
    const log = await this.#knownLog();
    await this.#fsck(log.directory);
    await log.replay.advance(log.directory);
    await this.#checkRecords(log, this.load.acknowledged.slice(this.#checked));
    this.#checked = this.load.acknowledged.length;
    await this.#checkCheckpoints(log);
  }

  /** Everything from the first byte, all receipts again, and the commands an operator and an auditor would run. */
  async checkEverything(): Promise<void> {
    await this.check();
    const log = await this.#knownLog();
    await log.replay.advance(log.directory, true);
    this.checkpoints.beginAgain();
    await this.#checkCheckpoints(log);
    await this.#checkRecords(log, this.load.acknowledged);
    await this.#checkAccepted(log);
    await runCli('ledger', 'fsck', log.directory);
    await runCli('audit', log.directory, '--trust', this.installation.trustDir);
  }

  /** Asks the API for its checkpoint, as a follower does, until `signal`; a service that is down gives none. */
  async observe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const log = await this.#knownLog().catch(() => undefined);
      const path = log && `/logs/${basename(log.directory)}/checkpoint`;
      const answer = path && (await this.installation.http.get(path).catch(() => undefined));
      if (log && answer && answer.status === 200) this.checkpoints.add(log.trust, answer.text, 'served');
      await delay(OBSERVE_EVERY_MS);
    }
  }

  /** Whether all that was accepted is anchored and published. */
  async isSettled(): Promise<boolean> {
    const [row] = await this.installation.query<SettledRow>(SETTLED).catch(() => []);
    if (row?.waiting !== 0 || row.newest === null || row.name === null) return false;
    const published = join(logDirectory(this.installation.ledgerDir, row.name), 'checkpoint');
    return existsSync(published) && readFileSync(published).equals(row.newest);
  }

  /** Waits for it, for as long as a recovery may take. */
  async #settle(): Promise<void> {
    await eventually('all that was accepted is anchored', () => this.isSettled(), PATIENCE_MS).catch(
      (cause: unknown) => {
        throw new FaultError('promise-broken', 'no recovery', { cause });
      },
    );
  }

  /** Where the log's files are. */
  async logDirectory(): Promise<string> {
    return (await this.#knownLog()).directory;
  }

  async #knownLog(): Promise<KnownLog> {
    if (this.#log !== undefined) return this.#log;
    const [row] = await this.installation.query<{ name: string; origin: string }>(
      'SELECT name, origin FROM log',
    );
    if (row === undefined) throw new FaultError('promise-broken', 'no log is open');
    const file = (name: string): string => readFileSync(join(this.installation.trustDir, name), 'utf8');
    const trust = parseTrust(nativeCrypto, { policy: file('policy'), 'trust.json': file('trust.json') });
    return (this.#log = {
      directory: logDirectory(this.installation.ledgerDir, row.name),
      trust,
      verifier: createVerifier({ crypto: nativeCrypto, trust }),
      replay: new LedgerReplay(row.origin),
    });
  }

  async #fsck(dir: string): Promise<void> {
    const findings: string[] = [];
    for await (const item of fsck({ dir, crypto: nativeCrypto }))
      if (item.kind === 'finding') findings.push(`${item.severity}: ${item.message}`);
    promise(findings.length === 0, () => `fsck found:\n${findings.join('\n')}`);
    this.fscks += 1;
  }

  async #checkRecords({ replay, verifier }: KnownLog, owed: readonly Acknowledged[]): Promise<void> {
    for (const { id, entry } of owed) {
      const places = replay.places.get(entry) ?? [];
      promise(
        places.length === 1,
        () => `record ${id} had a 202 and is in the ledger ${places.length} times`,
      );
    }
    const queue = [...owed];
    const work = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop())
        await this.#checkReceipt(verifier, next);
    };
    await Promise.all(Array.from({ length: PARALLEL_RECEIPTS }, work));
  }

  async #checkReceipt(verifier: Verifier, { id, record }: Acknowledged): Promise<void> {
    const answer = await eventually(
      `the receipt of ${id}`,
      async () => {
        const given = await this.installation.http.get(`/v1/evidence/${id}/receipt`).catch(() => undefined);
        return given?.status === 200 && given;
      },
      PATIENCE_MS,
    );
    const { verdict, claim } = await verifier.verify(answer.bytes);
    promise(verdict === 'holds', () => `the receipt of ${id} is ${verdict}: ${claim}`);
    promise(
      answer.json<{ record: string }>().record === record,
      () => `the record ${id} is not the one of its 202`,
    );
    this.receipts += 1;
  }

  async #checkCheckpoints({ directory, trust, replay }: KnownLog): Promise<void> {
    this.checkpoints.add(trust, readFileSync(join(directory, 'checkpoint'), 'utf8'), 'published');
    const stored = await this.installation.query<{ note: Buffer }>(
      `SELECT note FROM checkpoint WHERE tree_size > ${this.checkpoints.provenSize}`,
    );
    for (const { note } of stored) this.checkpoints.add(trust, note.toString('utf8'), 'in the database');
    await this.checkpoints.check(directory, replay.roots);
  }

  /** Accepted is what the database has, with or without a 202 that arrived: all of it stands in the ledger once. */
  async #checkAccepted({ replay }: KnownLog): Promise<void> {
    const rows = await this.installation.query<{ entry: string }>(
      `SELECT encode(substr(entries, i * 68 + 1, 68), 'hex') AS entry FROM parcel, generate_series(0, n - 1) AS i`,
    );
    for (const { entry } of rows) {
      const places = replay.places.get(entry) ?? [];
      promise(
        places.length === 1,
        () => `an accepted entry is in the ledger ${places.length} times: ${entry}`,
      );
    }
    const records = [...replay.places.keys()].filter((entry) => entry.startsWith('435a0101')).length;
    promise(records === rows.length, () => `${rows.length} records were accepted, the ledger has ${records}`);
  }
}

/** Runs the built `cunzheng`. @throws FaultError with its output unless it ends with 0. */
async function runCli(...args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [builtFile('apps/cli/src/main.js'), ...args]).catch(
    (cause: unknown) => {
      const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
      throw new FaultError('promise-broken', `cunzheng ${args.join(' ')}:\n${stdout}${stderr}`, { cause });
    },
  );
}
