/**
 * Says with which keys the logs sign, and under which policy: to the API through the database, to users in a folder. The
 * folder has all logs of this service, because receipts of a closed one are verified as long as there are any.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { listLogStates, readLogKeys, storePolicy } from '@cunzheng/persistence';
import { formatPolicy, parseVerifierKey } from '@cunzheng/receipt';
import { type Settings } from '@cunzheng/settings';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { readAttestationPolicy, withoutUrls } from '../attester/log-policy.js';
import { writeTrustFolder } from './trust-folder.js';

export async function publishTrust(
  { settings, pool, logger }: { settings: Settings; pool: Pool; logger: Logger },
  tsaRoots: readonly Uint8Array[],
): Promise<void> {
  const logs = [];
  for (const { id, isClosed } of await listLogStates(pool)) {
    const windows = await readLogKeys(pool, id);
    const keys = windows.map(({ vkey }) => parseVerifierKey(nativeCrypto, vkey));
    if (keys.length > 0) logs.push({ id, isClosed, windows, keys });
  }
  const allKeys = logs.flatMap(({ keys }) => keys);
  const { POLICY_FILE, MIN_TIMESTAMPS, TRUST_DIR } = settings;
  for (const { id, isClosed, keys } of logs) {
    if (isClosed) continue;
    const { policy, minTimestamps, isRequired } = readAttestationPolicy(
      POLICY_FILE,
      MIN_TIMESTAMPS,
      keys,
      allKeys,
    );
    const text = formatPolicy(withoutUrls(policy));
    await storePolicy(pool, id, isRequired ? { policy: text, minTimestamps } : undefined);
  }
  const { policy, minTimestamps } = readAttestationPolicy(POLICY_FILE, MIN_TIMESTAMPS, allKeys);
  const windows = logs.map((log) => log.windows);
  const trust = { policy: withoutUrls(policy), logs: windows, minTimestamps, tsaRoots };
  const state = await writeTrustFolder(TRUST_DIR, trust);
  if (state === 'edited' && windows.flat().length > 1) {
    const what = { trustDir: TRUST_DIR, keys: windows.flat() };
    logger.warn(what, 'the trust folder was edited: add these keys and windows by hand');
  }
}
