/** The checks of each log: its ledger made whole from the database, the published checkpoint, and every record. */
import { type Client } from 'pg';
import { type Trust } from '@cunzheng/receipt';
import { type Check } from './check.js';
import { checkCheckpoint } from './check-checkpoint.js';
import { checkRecords } from './check-records.js';
import { restoreLedger } from './restore-ledger.js';

/** `directory` has copies of the ledgers, which are changed. Ends with the first ledger that failed. */
export async function checkLogs(
  client: Client,
  directory: string,
  logs: readonly { readonly name: string; readonly origin: string }[],
  trust: Trust,
  checkpoint: string | undefined,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const log of logs) {
    const ledger = await restoreLedger(client, directory, log);
    checks.push(ledger);
    if (ledger.status === 'failed') return checks;
    checks.push(await checkCheckpoint(directory, log, trust, checkpoint));
    checks.push(await checkRecords(client, directory, log));
  }
  return checks;
}
