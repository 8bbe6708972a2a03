/**
 * The closed list of what a record may disclose, and the form of each value (docs/formats/record.md). A name that is
 * not here is refused, so nothing can be smuggled into a record that a verifier would not look at.
 */
import {
  expectBase64,
  expectList,
  expectText,
  memberNames,
  ObjectReader,
  refuse,
} from '../encoding/object-reader.js';
import { type EnvelopeJson, parseEnvelopeJson } from '../statement/envelope.js';
import { type Fingerprint, parseFingerprints } from '../statement/fingerprints.js';
import { LIMITS } from '../statement/limits.js';
import { OPTIONAL_MEMBER_READERS } from '../statement/optional-members.js';
import { ASSURANCES } from './record.js';

/** How many of each there can be, and their limits; texts in code points, the others in bytes. */
export const DISCLOSURE_LIMITS = {
  tokens: 16,
  tokenBytes: 65_536,
  signerName: { min: 1, max: 200 },
  identifiers: { min: 1, max: 10 },
  identifierScheme: { min: 1, max: 50 },
  identifierValue: { min: 1, max: 200 },
  verificationMethod: { min: 1, max: 100 },
  verificationBy: { min: 1, max: 200 },
  verificationNote: { min: 1, max: 1000 },
  verificationReference: { min: 1, max: 200 },
  keyBytes: 4096,
  certificates: { min: 1, max: 10 },
  certificateBytes: 65_536,
} as const;

/** An identifier of a signer, such as a credit code, under the scheme it belongs to. */
export interface SignerIdentifier {
  readonly scheme: string;
  readonly value: string;
}

/** How a signer's identity was verified, by whom and when. */
export interface SignerVerification {
  readonly method: string;
  /** Who verified: a provider, an authority, the organization itself. */
  readonly by?: string;
  readonly at?: string;
  /** Under which number the provider keeps it. */
  readonly reference?: string;
  /** Digest of the provider's report, which itself stays where it is. */
  readonly report?: Fingerprint;
  readonly note?: string;
}

export interface SignerDisclosures {
  name?: string;
  identifiers?: readonly SignerIdentifier[];
  verification?: SignerVerification;
  assurance?: 'asserted' | 'key' | 'certificate';
  /** DER SubjectPublicKeyInfo in padded base64. */
  key?: string;
  /** DER certificates in padded base64, the signer's own first. */
  certificates?: readonly string[];
}

const SIGNER_MEMBER_READERS: {
  readonly [Name in keyof SignerDisclosures]-?: (value: unknown) => SignerDisclosures[Name];
} = {
  name: (value) => expectText(value, DISCLOSURE_LIMITS.signerName, 'disclosure', '/2'),
  identifiers: readIdentifiers,
  verification: readVerification,
  assurance: readAssurance,
  key: (value) => expectBase64(value, DISCLOSURE_LIMITS.keyBytes, 'disclosure', '/2'),
  certificates: (value) =>
    expectList(value, DISCLOSURE_LIMITS.certificates, 'disclosure', '/2').map((item, index) =>
      expectBase64(item, DISCLOSURE_LIMITS.certificateBytes, 'disclosure', `/2/${index}`),
    ),
};

/** A disclosure's name, taken apart. */
export type DisclosureName =
  | {
      readonly of: 'record';
      readonly name: 'organization' | 'envelope' | keyof typeof OPTIONAL_MEMBER_READERS;
    }
  | { readonly of: 'token'; readonly index: number }
  | { readonly of: 'signer'; readonly index: number; readonly name: keyof SignerDisclosures };

const TOKEN_NAME = /^token\.(0|[1-9][0-9]?)$/;
const SIGNER_NAME = /^signer\.([0-9])\.([a-z]+)$/;

/** The parts of a name of the closed list, or undefined. */
export function parseDisclosureName(name: string): DisclosureName | undefined {
  if (name === 'organization' || name === 'envelope') return { of: 'record', name };
  if (Object.hasOwn(OPTIONAL_MEMBER_READERS, name)) {
    return { of: 'record', name: name as keyof typeof OPTIONAL_MEMBER_READERS };
  }
  const tokenIndex = Number(TOKEN_NAME.exec(name)?.[1] ?? Number.NaN);
  if (tokenIndex < DISCLOSURE_LIMITS.tokens) return { of: 'token', index: tokenIndex };
  const [, index = '', member = ''] = SIGNER_NAME.exec(name) ?? [];
  if (!Object.hasOwn(SIGNER_MEMBER_READERS, member)) return undefined;
  return { of: 'signer', index: Number(index), name: member as keyof SignerDisclosures };
}

/**
 * The value under a name, checked. An envelope is checked in its shape only: what is inside is compared with the record
 * when it is verified. Throws ReceiptError `disclosure-*` or `envelope-*`; paths start at the disclosure's array.
 */
export function parseDisclosureValue(name: DisclosureName, value: unknown): unknown {
  if (name.of === 'token') return expectBase64(value, DISCLOSURE_LIMITS.tokenBytes, 'disclosure', '/2');
  if (name.of === 'signer') return SIGNER_MEMBER_READERS[name.name](value);
  if (name.name === 'envelope') return parseEnvelopeJson(value, '/2') satisfies EnvelopeJson;
  if (name.name === 'organization') return expectText(value, LIMITS.organization, 'disclosure', '/2');
  return OPTIONAL_MEMBER_READERS[name.name](value, 'disclosure', '/2');
}

const IDENTIFIER_MEMBERS = memberNames(['scheme', 'value']);

function readIdentifiers(value: unknown): SignerIdentifier[] {
  return expectList(value, DISCLOSURE_LIMITS.identifiers, 'disclosure', '/2').map((item, index) => {
    const reader = new ObjectReader(item, IDENTIFIER_MEMBERS, 'disclosure', `/2/${index}`);
    return {
      scheme: reader.text('scheme', DISCLOSURE_LIMITS.identifierScheme),
      value: reader.text('value', DISCLOSURE_LIMITS.identifierValue),
    };
  });
}

const VERIFICATION_MEMBERS = memberNames(['method'], ['by', 'at', 'reference', 'report', 'note']);

function readVerification(value: unknown): SignerVerification {
  const reader = new ObjectReader(value, VERIFICATION_MEMBERS, 'disclosure', '/2');
  if (reader.has('at')) reader.time('at');
  return {
    method: reader.text('method', DISCLOSURE_LIMITS.verificationMethod),
    ...(reader.has('by') ? { by: reader.text('by', DISCLOSURE_LIMITS.verificationBy) } : {}),
    ...(reader.has('at') ? { at: reader.anyText('at') } : {}),
    ...(reader.has('reference')
      ? { reference: reader.text('reference', DISCLOSURE_LIMITS.verificationReference) }
      : {}),
    ...(reader.has('report') ? { report: readReport(reader.value('report')) } : {}),
    ...(reader.has('note') ? { note: reader.text('note', DISCLOSURE_LIMITS.verificationNote) } : {}),
  };
}

function readReport(value: unknown): Fingerprint {
  const [report] = parseFingerprints([value], '/2/report');
  return report ?? refuse('disclosure', 'value', '/2/report', 'expected a digest');
}

function readAssurance(value: unknown): 'asserted' | 'key' | 'certificate' {
  const assurance = ASSURANCES.find((candidate) => candidate === value);
  if (assurance !== undefined && assurance !== 'none') return assurance;
  return refuse('disclosure', 'value', '/2', 'expected asserted, key or certificate');
}
