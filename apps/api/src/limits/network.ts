/** Whom a limit for strangers counts. */
import ipaddr from 'ipaddr.js';

/** A subscriber is given a whole network of this size in IPv6. */
const IPV6_NETWORK_BITS = 64;

/** The address itself, or the network of an IPv6 address. */
export function networkOf(address: string): string {
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_NETWORK_BITS}`).toString();
}
