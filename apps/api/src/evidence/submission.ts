/**
 * From a request to evidence parts. Plain fields are taken as they are. An envelope is checked first: canonical, meant
 * for this organization and this service, equal to the plain fields that came with it, every key registered and in
 * force, every signature valid. Signatures are verified on another thread, so that others are served meanwhile.
 */
import { hash } from 'node:crypto';
import { formatCanonical } from '@cunzheng/canonical-json';
import { type CryptoSuite } from '@cunzheng/crypto';
import {
  computePae,
  parseEnvelope,
  ReceiptError,
  signerAlgorithms,
  sortFingerprints,
  type Envelope,
  type EnvelopeJson,
} from '@cunzheng/receipt';
import { type Principal } from '../auth/principal.js';
import { ProblemError } from '../problems/problem-error.js';
import { type RegisteredKey, type SignerKeys } from '../signers/signer-keys.js';
import { assertSignerChain, type SignerChain } from '../signers/signer-roots.js';
import { verifySignature } from '../signers/verify-signature.js';
import { verifyClientTokens } from './client-tokens.js';
import { type EnvelopeSigner, type EvidenceParts } from './evidence-parts.js';
import { orderMembers } from './evidence-row.js';
import { type EvidenceRequest } from './evidence.schemas.js';

/** How far a signer's clock may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 300_000;

export interface SubmissionContext {
  readonly principal: Principal;
  /** Host part of the open log's origin. */
  readonly service: string;
  readonly nowMs: number;
  readonly keys: SignerKeys;
  /** Says which algorithms are retired. */
  readonly crypto: CryptoSuite;
  /** DER roots that certificates of signers must lead to. */
  readonly signerRoots: readonly Uint8Array[];
  /** DER roots that tokens of clients must lead to. */
  readonly tsaRoots: readonly Uint8Array[];
}

/**
 * @throws ProblemError `envelope-invalid` | `envelope-mismatch` | `key-unknown` | `key-revoked` | `key-not-valid` |
 * `signature-invalid` | `certificate-invalid` | `token-invalid` | `busy`.
 */
export async function toEvidenceParts(
  request: EvidenceRequest,
  context: SubmissionContext,
): Promise<EvidenceParts> {
  const parts = request.envelope
    ? await fromEnvelope(request, request.envelope, context)
    : fromPlainFields(request, context);
  if (request.tokens === undefined) return parts;
  return { ...parts, tokens: await verifyClientTokens(request.tokens, parts.fingerprints, context) };
}

function fromPlainFields(request: EvidenceRequest, context: SubmissionContext): EvidenceParts {
  return {
    organization: context.principal.organizationId,
    fingerprints: sortFingerprints(request.fingerprints ?? []),
    members: orderMembers(request),
    tag: request.tag,
    signing: { by: 'platform', signers: request.signers ?? [] },
  };
}

async function fromEnvelope(
  request: EvidenceRequest,
  received: EnvelopeJson,
  context: SubmissionContext,
): Promise<EvidenceParts> {
  const envelope = readEnvelope(received);
  const { statement } = envelope;
  assertMeantForUs(envelope, context);
  assertFieldsAgree(request, envelope);
  assertInForce(envelope, context.crypto);
  const signers = await verifySigners(envelope, request.certificates, context);
  return {
    organization: statement.organization,
    fingerprints: statement.fingerprints,
    members: orderMembers(statement),
    signing: { by: 'envelope', createdAt: statement.createdAt, nonce: statement.nonce, signers, received },
    tag: request.tag,
  };
}

function readEnvelope(json: unknown): Envelope {
  try {
    return parseEnvelope(json);
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    throw new ProblemError('envelope-invalid', `${error.code}: ${error.message}`, { cause: error });
  }
}

function assertMeantForUs({ statement }: Envelope, { principal, service, nowMs }: SubmissionContext): void {
  if (statement.organization !== principal.organizationId) {
    throw new ProblemError(
      'envelope-mismatch',
      'the statement was signed for another organization than this API key belongs to',
    );
  }
  if (statement.service !== service) {
    throw new ProblemError(
      'envelope-mismatch',
      `the statement was signed for another service than ${service}`,
    );
  }
  if (Date.parse(statement.createdAt) > nowMs + MAX_CLOCK_SKEW_MS) {
    throw new ProblemError(
      'envelope-invalid',
      'the statement says it was created in the future: check the signing clock',
    );
  }
}

const COMPARED = ['title', 'mediaType', 'sizeBytes', 'clientRef', 'metadata', 'provenance'] as const;

function assertFieldsAgree(request: EvidenceRequest, { statement }: Envelope): void {
  const given = { ...request, fingerprints: request.fingerprints && sortFingerprints(request.fingerprints) };
  for (const name of [...COMPARED, 'fingerprints'] as const) {
    if (given[name] === undefined) continue;
    const stated = statement[name];
    if (stated !== undefined && formatCanonical(given[name]) === formatCanonical(stated)) continue;
    throw new ProblemError(
      'envelope-mismatch',
      `${name} differs between the request and the signed statement`,
      {
        errors: [{ pointer: `/${name}`, detail: 'must equal the member of the statement, or be left out' }],
      },
    );
  }
}

/** What a retired algorithm signed keeps verifying; nothing new is taken from it. */
function assertInForce({ statement }: Envelope, crypto: CryptoSuite): void {
  const retired = statement.signers.find(({ alg }) => crypto.isRetired(alg));
  if (!retired) return;
  throw new ProblemError(
    'envelope-invalid',
    `${retired.alg} is retired: sign with one of ${signerAlgorithms(crypto).join(', ')}`,
  );
}

async function verifySigners(
  envelope: Envelope,
  chains: EvidenceRequest['certificates'],
  { principal, keys, signerRoots: roots, nowMs: atMs }: SubmissionContext,
): Promise<EnvelopeSigner[]> {
  const { statement, signatures } = envelope;
  const registered = await keys.find(
    principal.organizationKey,
    statement.signers.map(({ keyid }) => keyid),
  );
  if (chains && chains.length !== statement.signers.length) {
    throw new ProblemError(
      'certificate-invalid',
      `got ${chains.length} lists of certificates, want one for each of ${statement.signers.length} signers`,
    );
  }
  const pae = computePae(envelope.payload);
  return await Promise.all(
    statement.signers.map(async ({ alg, keyid, role }, index) => {
      const key = requireKey(registered.get(keyid), alg, index);
      assertInWindow(index, key, Date.parse(statement.createdAt), atMs);
      const sig = signatures[index]?.sig ?? new Uint8Array();
      if (!(await verifySignature(key.publicKey, pae, sig))) {
        throw new ProblemError(
          'signature-invalid',
          `signature ${index} does not verify over the DSSE encoding of the payload`,
        );
      }
      const { key: row, signer, spki, identity } = key;
      const brought = chains?.[index]?.length ? chains[index] : undefined;
      if (brought) await verifyChain(index, key, brought, { roots, atMs });
      const certificates = chains ? brought : await keys.chainOf(key);
      return { key: row, signer, alg, keyid, spki, identity, role, sig, certificates };
    }),
  );
}

/** Both the time that the statement says it was signed at and the time it came here, which nobody can date back. */
function assertInWindow(
  index: number,
  { validFromMs = -Infinity, validUntilMs = Infinity }: RegisteredKey,
  ...timesMs: readonly number[]
): void {
  const outside = timesMs.find((timeMs) => timeMs < validFromMs || timeMs >= validUntilMs);
  if (outside === undefined) return;
  throw new ProblemError(
    'key-not-valid',
    `signer ${index}: the key is not registered for signing at ${new Date(outside).toISOString()}`,
  );
}

/** The chain must hold now, and the signer's own certificate must not be revoked. */
async function verifyChain(
  index: number,
  { spki, revokedCertificates }: RegisteredKey,
  certificates: readonly string[],
  by: Pick<SignerChain, 'roots' | 'atMs'>,
): Promise<void> {
  const chain = certificates.map((certificate) => new Uint8Array(Buffer.from(certificate, 'base64')));
  const [own] = chain;
  if (own && revokedCertificates.includes(hash('sha256', own, 'hex'))) {
    throw new ProblemError('key-revoked', `signer ${index}: the certificate is revoked`);
  }
  await assertSignerChain(index, { certificates: chain, publicKey: new Uint8Array(spki), ...by });
}

function requireKey(key: RegisteredKey | undefined, alg: string, index: number): RegisteredKey {
  if (key?.alg !== alg) {
    throw new ProblemError(
      'key-unknown',
      `signer ${index}: register the key first (POST /v1/signers/{id}/keys)`,
    );
  }
  if (key.erased)
    throw new ProblemError('key-revoked', `signer ${index}: the personal data of this signer was erased`);
  if (key.revoked) throw new ProblemError('key-revoked', `signer ${index}: the key is revoked`);
  return key;
}
