/** The policy that the operator's settings describe: the API refuses URLs by it, the worker connections. */
import { type Settings } from '@cunzheng/settings';
import { parseNetworks } from './address-policy.js';
import { type UrlPolicy } from './url-policy.js';

type PolicySettings = Pick<Settings, 'NODE_ENV' | 'WEBHOOK_PORTS' | 'WEBHOOK_ALLOWED_NETWORKS'>;

export function policyFromSettings({
  NODE_ENV,
  WEBHOOK_PORTS,
  WEBHOOK_ALLOWED_NETWORKS,
}: PolicySettings): UrlPolicy {
  return {
    ports: WEBHOOK_PORTS.split(',').map(Number),
    allowedNetworks: parseNetworks(WEBHOOK_ALLOWED_NETWORKS),
    allowLoopback: NODE_ENV !== 'production',
  };
}
