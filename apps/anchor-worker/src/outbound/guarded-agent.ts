/**
 * The only way out for requests whose address strangers choose, webhooks and revocation lists: an undici agent that
 * connects to allowed addresses alone. A literal address is checked before connecting; a name is resolved here, every
 * address it has must be allowed, and the connection goes to one of those very addresses, so a name that changes between
 * check and use gains nothing. The address that answered is checked once more. Nothing follows redirects.
 *
 * Names are asked of DNS by c-ares, not by the system's resolver: that one holds a thread of the pool that the ledger's
 * writes need, for as long as a name server likes to be silent.
 */
import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { hostOf, isAllowedAddress, WebhookError, type AddressPolicy } from '@cunzheng/webhooks';

/** All addresses of a name. */
type ResolveName = (name: string) => Promise<readonly string[]>;

/** How names are resolved and whom TLS trusts, where not as usual. */
export interface Outbound {
  readonly resolve?: ResolveName | undefined;
  /** Certificate authorities in PEM instead of the usual ones. */
  readonly ca?: string | undefined;
}

export interface GuardOptions extends Outbound {
  readonly policy: AddressPolicy;
  readonly timeoutMs: number;
}

const MAX_HEADER_BYTES = 16_384;
const KEEP_ALIVE_MS = 4_000;

export function createGuardedAgent(options: GuardOptions): Agent {
  const { timeoutMs } = options;
  return new Agent({
    connect: createGuardedConnector(options),
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

function createGuardedConnector({
  policy,
  timeoutMs,
  resolve = resolveByDns,
  ca,
}: GuardOptions): buildConnector.connector {
  const lookup = createGuardedLookup(policy, resolve);
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup,
    ...(ca !== undefined && { ca }),
  });
  return (target, callback) => {
    const host = hostOf(target);
    if (isIP(host) !== 0 && !isAllowedAddress(host, policy)) {
      callback(notAllowed(), null);
      return;
    }
    connect(target, (...[error, socket]: [Error, null] | [null, Parameters<typeof callback>[1]]) => {
      if (error || !socket) {
        callback(error ?? new Error('no connection'), null);
      } else if (isAllowedAddress(socket.remoteAddress ?? '', policy)) {
        callback(null, socket);
      } else {
        socket.destroy();
        callback(notAllowed(), null);
      }
    });
  };
}

function createGuardedLookup(policy: AddressPolicy, resolve: ResolveName): LookupFunction {
  return (name, { all }, callback) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every((address) => isAllowedAddress(address, policy))) {
          callback(first === undefined ? noAddress(name) : notAllowed(), []);
        } else if (all === true) {
          callback(
            null,
            addresses.map((address) => ({ address, family: isIP(address) })),
          );
        } else {
          callback(null, first, isIP(first));
        }
      },
      (error: unknown) => {
        callback(error as NodeJS.ErrnoException, []);
      },
    );
  };
}

const notAllowed = (): WebhookError => new WebhookError('address-not-allowed', 'the address is not public');

const noAddress = (name: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });

const dns = new Resolver({ timeout: 2_000, tries: 2 });

async function resolveByDns(name: string): Promise<readonly string[]> {
  if (name === 'localhost') return ['127.0.0.1', '::1'];
  const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
