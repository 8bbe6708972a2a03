/**
 * Evidence taken apart: everything that a record and its disclosures are made of, in the form that is stored. Record,
 * statement and envelope are built from the parts, at acceptance and again on every read, by the same code; what is
 * read is checked against the ledger entry before anybody sees it.
 */
import {
  formatEnvelope,
  formatStatement,
  type Assurance,
  type DisclosureInput,
  type EnvelopeJson,
  type Fingerprint,
  type OptionalMembers,
  type StatementSigner,
} from '@cunzheng/receipt';
import { type SignerIdentity } from './evidence.schemas.js';

/** A registered key with the identity it belongs to, and what it signed. */
export interface EnvelopeSigner {
  /** Internal number of the key's row. */
  readonly key: number;
  /** Id of the signer it is registered for. */
  readonly signer: string;
  readonly alg: StatementSigner['alg'];
  /** Lower-case hex. */
  readonly keyid: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly identity: SignerIdentity;
  readonly role: string | undefined;
  readonly sig: Uint8Array;
  /** Its chain as it was brought and verified, DER in base64, the signer's own first. */
  readonly certificates?: readonly string[] | undefined;
}

export type Signing = PlatformSigning | EnvelopeSigning;

/** Signers as the platform states them. */
export interface PlatformSigning {
  readonly by: 'platform';
  readonly signers: readonly SignerIdentity[];
}

export interface EnvelopeSigning {
  readonly by: 'envelope';
  readonly createdAt: string;
  readonly nonce: string;
  readonly signers: readonly EnvelopeSigner[];
  /** At intake the envelope as it came in and was verified; it is not stored, but built again from the rest. */
  readonly received?: EnvelopeJson;
}

export interface EvidenceParts {
  /** Public id of the organization. */
  readonly organization: string;
  readonly fingerprints: readonly Fingerprint[];
  /** title, mediaType, sizeBytes, clientRef, metadata, provenance: those that were given. */
  readonly members: OptionalMembers;
  readonly signing: Signing;
  /** Timestamp tokens over a fingerprint, DER in base64. */
  readonly tokens?: readonly string[];
  /** By how much `acceptedAt` is off at most, where it was known. */
  readonly clockBoundMs?: number | undefined;
  /** At intake: which webhook endpoints hear of it. It is no part of the record. */
  readonly tag?: string | undefined;
}

type NamedValue = Omit<DisclosureInput, 'salt'>;

/** The disclosures of the parts, in the order in which their salts are stored. `service` is the host of the origin. */
export function listDisclosures(parts: EvidenceParts, service: string): NamedValue[] {
  const { members, signing } = parts;
  const list: NamedValue[] = [{ name: 'organization', value: parts.organization }];
  if (signing.by === 'envelope')
    list.push({ name: 'envelope', value: signing.received ?? buildEnvelope(parts, signing, service) });
  for (const [name, value] of Object.entries(members)) list.push({ name, value: value as unknown });
  if (signing.by === 'envelope') list.push(...signing.signers.flatMap(describeKeySigner));
  else if (signing.signers.length > 0) list.push(...signing.signers.flatMap(describeSigner));
  parts.tokens?.forEach((value, index) => list.push({ name: `token.${index}`, value }));
  return list;
}

/** The ids of the signers that are registered, each once. */
export function registeredSigners({ signing }: EvidenceParts): readonly string[] {
  return signing.by === 'envelope' ? [...new Set(signing.signers.map(({ signer }) => signer))] : [];
}

/** The weakest assurance of the signers: a certificate, a registered key that signed, or no more than the platform's word. */
export function assuranceOf({ signing }: EvidenceParts): Assurance {
  if (signing.signers.length === 0) return 'none';
  if (signing.by === 'platform') return 'asserted';
  return signing.signers.every(({ certificates }) => certificates) ? 'certificate' : 'key';
}

function describeSigner(identity: SignerIdentity, index: number): NamedValue[] {
  return [...describeIdentity(identity, index), { name: `signer.${index}.assurance`, value: 'asserted' }];
}

function describeKeySigner({ identity, spki, certificates }: EnvelopeSigner, index: number): NamedValue[] {
  return [
    ...describeIdentity(identity, index),
    { name: `signer.${index}.assurance`, value: certificates ? 'certificate' : 'key' },
    { name: `signer.${index}.key`, value: Buffer.from(spki).toString('base64') },
    ...(certificates ? [{ name: `signer.${index}.certificates`, value: certificates }] : []),
  ];
}

function describeIdentity({ name, identifiers, verification }: SignerIdentity, index: number): NamedValue[] {
  return [
    { name: `signer.${index}.name`, value: name },
    ...(identifiers ? [{ name: `signer.${index}.identifiers`, value: identifiers }] : []),
    ...(verification ? [{ name: `signer.${index}.verification`, value: verification }] : []),
  ];
}

function buildEnvelope(parts: EvidenceParts, signing: EnvelopeSigning, service: string): unknown {
  const statement = formatStatement({
    createdAt: signing.createdAt,
    fingerprints: parts.fingerprints,
    nonce: signing.nonce,
    organization: parts.organization,
    service,
    signers: signing.signers.map(({ alg, keyid, role }) =>
      role === undefined ? { alg, keyid } : { alg, keyid, role },
    ),
    ...parts.members,
  });
  return formatEnvelope(statement, signing.signers);
}
