/** Says with which keys the log signs, and under which policy: to the API through the database, to users in a folder. */
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { storePolicy } from '@cunzheng/persistence';
import { formatPolicy } from '@cunzheng/receipt';
import { type Settings } from '@cunzheng/settings';
import { withoutUrls, type AttestationPolicy } from '../attester/log-policy.js';
import { type LogIdentity } from '../log-key/log-identity.js';
import { writeTrustFolder } from './trust-folder.js';

export async function publishTrust(
  { settings, pool, logger }: { settings: Settings; pool: Pool; logger: Logger },
  { id, keys }: LogIdentity,
  required: AttestationPolicy,
  tsaRoots: readonly Uint8Array[],
): Promise<void> {
  const { minTimestamps, isRequired } = required;
  const { windows } = keys;
  const policy = withoutUrls(required.policy);
  await storePolicy(pool, id, isRequired ? { policy: formatPolicy(policy), minTimestamps } : undefined);
  const state = await writeTrustFolder(settings.TRUST_DIR, { policy, windows, minTimestamps, tsaRoots });
  if (state === 'edited' && windows.length > 1) {
    const what = { trustDir: settings.TRUST_DIR, keys: windows };
    logger.warn(what, 'the trust folder was edited: add these keys and windows by hand');
  }
}
