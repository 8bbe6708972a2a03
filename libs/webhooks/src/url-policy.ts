/**
 * Which URLs an endpoint may have. What a URL says is checked when it is given and again when it is used; the addresses
 * that its name resolves to are checked at every connection, because they change.
 */
import { isIP } from 'node:net';
import { isAllowedAddress, type AddressPolicy } from './address-policy.js';
import { WebhookError } from './webhook-error.js';

const MAX_URL_LENGTH = 2_000;

export interface UrlPolicy extends AddressPolicy {
  /** Ports that may be named; loopback in development may have any. */
  readonly ports: readonly number[];
}

/** @throws WebhookError `url-not-allowed` or `address-not-allowed`, with a reason that a client may read. */
export function parseEndpointUrl(text: string, policy: UrlPolicy): URL {
  const url = text.length <= MAX_URL_LENGTH && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw refused(`want an absolute URL of at most ${MAX_URL_LENGTH} characters`);
  if (url.username !== '' || url.password !== '') throw refused('want a URL without user and password');
  if (url.hash !== '') throw refused('want a URL without a fragment');
  const host = hostOf(url);
  if (policy.allowLoopback && isLoopbackName(host) && /^https?:$/.test(url.protocol)) return url;
  if (url.protocol !== 'https:') throw refused('want https');
  const port = url.port === '' ? 443 : Number(url.port);
  if (!policy.ports.includes(port)) throw refused(`got port ${port}, want one of ${policy.ports.join(', ')}`);
  if (isIP(host) !== 0 && !isAllowedAddress(host, policy))
    throw new WebhookError('address-not-allowed', 'want a host with a public address');
  return url;
}

/** The host as it is looked up or connected to: without the brackets of IPv6. */
export const hostOf = ({ hostname }: { readonly hostname: string }): string =>
  hostname.replace(/^\[(.*)\]$/, '$1');

const isLoopbackName = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

function refused(message: string): WebhookError {
  return new WebhookError('url-not-allowed', message);
}
