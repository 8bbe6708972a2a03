/**
 * The authorities that stamp our checkpoints, from `TSA_LIST_FILE` and `TSA_ROOTS_FILE`. One that is ourselves is refused:
 * our own token over our own checkpoint proves nothing to anybody.
 */
import { parseOrigin } from '@cunzheng/ledger';
import { type Settings } from '@cunzheng/settings';
import { readTsaList, readTsaRoots, type Tsa } from '@cunzheng/timestamp/node';

type TsaSettings = Pick<Settings, 'TSA_LIST_FILE' | 'TSA_ROOTS_FILE' | 'MIN_TIMESTAMPS'>;

/** Throws Error for settings that could not work together, before anything is written. */
export function readTsas(settings: TsaSettings, origin: string): { tsas: Tsa[]; roots: Uint8Array[] } {
  const tsas = readTsaList(settings.TSA_LIST_FILE);
  const roots = readTsaRoots(settings.TSA_ROOTS_FILE);
  const own = tsas.find(({ url }) => isOwnHost(new URL(url).hostname, origin));
  if (own)
    throw new Error(`TSA_LIST_FILE names ${own.name}, which is this service: its own stamp proves nothing`);
  if (tsas.length > 0 && roots.length === 0) {
    throw new Error('TSA_LIST_FILE needs TSA_ROOTS_FILE: without roots no token could be verified');
  }
  if (settings.MIN_TIMESTAMPS > tsas.length) {
    throw new Error(`MIN_TIMESTAMPS is ${settings.MIN_TIMESTAMPS}, but TSA_LIST_FILE names ${tsas.length}`);
  }
  return { tsas, roots };
}

/** `localhost` names this machine, not this service. */
function isOwnHost(hostname: string, origin: string): boolean {
  return hostname !== 'localhost' && parseOrigin(origin).host.replace(/:\d+$/, '') === hostname;
}
