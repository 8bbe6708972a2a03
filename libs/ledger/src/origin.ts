/**
 * The origin of a log, `HOST/logs/NAME`: the URL prefix of the log without its scheme, which names it for good (C2SP
 * tlog-checkpoint, "origin"). Lower case; the host may carry a port.
 */
import { LedgerError } from './ledger-error.js';

const ORIGIN = /^([a-z0-9.-]{1,253}(?::\d{1,5})?)\/logs\/([a-z0-9][a-z0-9-]{0,62})$/;

export interface Origin {
  /** Host and port, what a statement calls `service`. */
  readonly host: string;
  /** The log's name, also the name of its directory. */
  readonly name: string;
}

/** The parts of an origin. Throws `origin-invalid`. */
export function parseOrigin(origin: string): Origin {
  const [, host, name] = ORIGIN.exec(origin) ?? [];
  if (host === undefined || name === undefined) {
    throw new LedgerError(
      'origin-invalid',
      `origin is ${JSON.stringify(origin)}, want HOST/logs/NAME in lower case`,
    );
  }
  return { host, name };
}
