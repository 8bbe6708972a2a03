/**
 * Which addresses a webhook may be sent to: public unicast ones (by the IANA registries as ipaddr.js has them) and
 * networks that the operator allows. An address that carries another one, such as an IPv4-mapped, NAT64, 6to4 or Teredo
 * one, is none of them: it would reach what it carries.
 */
import ipaddr from 'ipaddr.js';
import { WebhookError } from './webhook-error.js';

type Network = ReturnType<typeof ipaddr.parseCIDR>;
type Address = ReturnType<typeof ipaddr.parse>;

export interface AddressPolicy {
  readonly allowedNetworks: readonly Network[];
  /** Development and tests: receivers on this machine. */
  readonly allowLoopback: boolean;
}

/** Comma-separated CIDR blocks. @throws WebhookError `bad-network`. */
export function parseNetworks(text: string): Network[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseNetwork);
}

function parseNetwork(text: string): Network {
  try {
    return ipaddr.parseCIDR(text);
  } catch (cause) {
    throw new WebhookError('bad-network', `got ${text}, want a network such as 10.20.0.0/16`, { cause });
  }
}

/** Of IPv6 only this block is handed out (IANA IPv6 Global Unicast Address Assignments). */
const GLOBAL_V6 = parseNetwork('2000::/3');
/** ISATAP (RFC 5214 §6.1): an IPv4 address in the last 32 bits of any prefix. */
const ISATAP = [0x0000_5efe, 0x0200_5efe];

/** Whether a webhook may go to the address, in any notation that is one. A zone (`%eth0`) never is. */
export function isAllowedAddress(text: string, policy: AddressPolicy): boolean {
  if (text.includes('%') || !ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (policy.allowedNetworks.some((network) => contains(network, address))) return true;
  if (policy.allowLoopback && address.range() === 'loopback') return true;
  return isPublicUnicast(address);
}

function isPublicUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address instanceof ipaddr.IPv4) return true;
  const { parts } = address;
  const interfaceHead = ((parts[4] ?? 0) << 16) | (parts[5] ?? 0);
  return contains(GLOBAL_V6, address) && !ISATAP.includes(interfaceHead);
}

function contains(network: Network, address: Address): boolean {
  return network[0].kind() === address.kind() && address.match(network);
}
