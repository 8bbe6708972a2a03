/**
 * A statement about a file, signed here with the signers' keys (DSSE, docs/formats/statement.md). It names the service
 * and the organization it is meant for, so that it counts nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { parseOrigin } from '@cunzheng/ledger';
import {
  computePae,
  formatEnvelope,
  formatStatement,
  ReceiptError,
  type EnvelopeJson,
  type Fingerprint,
} from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { type SigningKey } from '../keys/signing-key.js';
import { jsonOf, textMember, type ServiceClient } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';

/** What the user says about a file. */
export interface Description {
  readonly title?: string;
  readonly clientRef?: string;
}

/** Who signs, for whom, and with which certificates. */
export interface Signing {
  readonly keys: readonly SigningKey[];
  readonly organization: string;
  readonly service: string;
  /** A chain for each key, in base64; without, those that are registered for the keys are used. */
  readonly certificates: readonly (readonly string[])[] | undefined;
}

interface StatementParts extends Description {
  readonly fingerprints: readonly Fingerprint[];
  readonly sizeBytes: number;
  readonly organization: string;
  readonly service: string;
  readonly keys: readonly SigningKey[];
}

/** The service's name in statements: the host part of the origin of the log it writes now. */
export async function readServiceName(service: ServiceClient): Promise<string> {
  const origin = textMember(await jsonOf(service.api().GET('/health/ready')), 'log');
  try {
    return parseOrigin(origin).host;
  } catch {
    throw unexpectedAnswer('the origin of its log');
  }
}

/** The body of a request for a signed statement. @throws CliError `usage`. */
export function formatSignedRequest(
  description: Omit<StatementParts, 'keys' | 'organization' | 'service'>,
  { certificates, ...signing }: Signing,
): { envelope: EnvelopeJson; certificates?: readonly (readonly string[])[] } {
  const envelope = signStatement({ ...description, ...signing });
  return certificates === undefined ? { envelope } : { envelope, certificates };
}

/** @throws CliError `usage` when a text of the user does not fit into a statement. */
function signStatement({ keys, ...parts }: StatementParts): EnvelopeJson {
  const payload = Buffer.from(formatOwnStatement({ keys, ...parts }));
  const pae = computePae(payload);
  return formatEnvelope(
    payload,
    keys.map((key) => ({ keyid: key.keyid, sig: key.sign(pae) })),
  );
}

function formatOwnStatement({ keys, ...parts }: StatementParts): string {
  try {
    return formatStatement({
      ...parts,
      createdAt: new Date().toISOString(),
      nonce: randomBytes(16).toString('hex'),
      signers: keys.map(({ alg, keyid }) => ({ alg, keyid })),
    });
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new CliError('usage', `this cannot be stated: ${cause.message}`, { cause });
  }
}
