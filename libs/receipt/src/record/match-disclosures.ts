/**
 * Whether a set of disclosures belongs to a record, by the rules of RFC 9901 §7.1 narrowed to flat records: each digest
 * stands in `_sd`, no name twice, none of a clear member. `_sd` and `...` cannot occur: names come from a closed list and
 * every value has a fixed form.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { ReceiptError } from '../errors.js';
import { type OptionalMembers } from '../statement/optional-members.js';
import { type SignerDisclosures } from './disclosure-values.js';
import { type Disclosure, hashDisclosure, parseDisclosure } from './disclosure.js';
import { type EvidenceRecord } from './record.js';

/** What a holder chose to show of a record, in its places. */
export interface DisclosedRecord extends OptionalMembers {
  /** The names of all that is shown, in the order of the disclosures. */
  readonly names: readonly string[];
  readonly organization?: string;
  /** As it stands in JSON; its payload has not been looked at. */
  readonly envelope?: unknown;
  /** Timestamp tokens that the client brought, base64 by their index; holes are withheld. */
  readonly tokens: ReadonlyMap<number, string>;
  /** One per signer of the record, in order; empty where everything is withheld. */
  readonly signers: readonly SignerDisclosures[];
}

/** What the disclosures show. Throws ReceiptError `disclosure-*`, its path naming the disclosure by index. */
export function checkDisclosures(
  crypto: CryptoSuite,
  record: EvidenceRecord,
  disclosures: readonly string[],
): DisclosedRecord {
  const committed = new Set(record.sd);
  const seen = new Set<string>();
  const parsed = disclosures.map((text, index) => {
    const path = `/disclosures/${index}`;
    if (!committed.has(hashDisclosure(crypto, text))) {
      throw new ReceiptError('disclosure-not-committed', 'its digest is not in the record', { path });
    }
    const disclosure = parseAt(text, path);
    if (seen.has(disclosure.name)) {
      throw new ReceiptError('disclosure-repeated', `${disclosure.name} is disclosed twice`, { path });
    }
    seen.add(disclosure.name);
    assertSignerExists(record, disclosure, path);
    return disclosure;
  });
  return arrange(record, parsed);
}

function parseAt(text: string, path: string): Disclosure {
  try {
    return parseDisclosure(text);
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new ReceiptError(cause.code, cause.message, { path, cause });
  }
}

function assertSignerExists(record: EvidenceRecord, { parts, name }: Disclosure, path: string): void {
  if (parts.of !== 'signer' || parts.index < record.signers) return;
  const message = `the record has ${record.signers} signers, got ${name}`;
  throw new ReceiptError('disclosure-signer-out-of-range', message, { path });
}

function arrange(record: EvidenceRecord, disclosures: readonly Disclosure[]): DisclosedRecord {
  const members: Record<string, unknown> = {};
  const tokens = new Map<number, string>();
  const signers = Array.from({ length: record.signers }, (): Record<string, unknown> => ({}));
  for (const { parts, value } of disclosures) {
    if (parts.of === 'record') members[parts.name] = value;
    else if (parts.of === 'token') tokens.set(parts.index, value as string);
    else (signers[parts.index] ?? {})[parts.name] = value;
  }
  return { ...members, names: disclosures.map(({ name }) => name), tokens, signers };
}
