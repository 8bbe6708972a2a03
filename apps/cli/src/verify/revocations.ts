/** The `revocation` events in a copy of a log: what `verify --ledger` knows about keys that must not be relied on any more. */
import { LedgerError, parseBlockHeader, parseKnownEvent } from '@cunzheng/ledger';
import { openLedgerReader } from '@cunzheng/ledger/node';
import { type LoggedRevocation } from '@cunzheng/receipt';
import { findLedger } from '../audit/directory-source.js';

/**
 * All of them, or undefined if the copy is of another log or cannot be read: the comparison with the copy says so.
 *
 * @throws CliError `file` when there is no ledger in `path`.
 */
export async function readRevocations(path: string, log: string): Promise<LoggedRevocation[] | undefined> {
  const reader = await openLedgerReader({ dir: await findLedger(path) });
  try {
    const revocations: LoggedRevocation[] = [];
    if (parseBlockHeader(await reader.readBlockHeader(0)).log !== log) return undefined;
    const tip = await reader.readTip();
    for (let height = 0; tip !== null && height <= tip.height; height++) {
      const { bodies } = await reader.readBlock(height);
      for (const { body } of bodies) {
        const event = parseKnownEvent(body);
        if (event?.event === 'revocation') revocations.push({ ...event, height });
      }
    }
    return revocations;
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  } finally {
    await reader.close();
  }
}
