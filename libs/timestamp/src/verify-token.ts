/**
 * Verification of a token: RFC 3161 §2.2 and §2.4.2, RFC 5816, RFC 5652 §5.6. Everything about the token is hostile;
 * roots, the data and the time of looking are the verifier's. Every step has a code of its own (see TimestampErrorCode).
 */
import {
  type Certificate,
  equalBytes,
  equalNames,
  OID,
  type KeyUsage,
  type LimitedSuite,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  resolveSignatureAlgorithm,
  type RevocationEvidence,
  TAG,
  parseDer,
  verifyChain,
  verifySignature,
} from '@cunzheng/x509';
import { readAttributes } from './attributes.js';
import { fromX509 } from './chain-failure.js';
import { TimestampError } from './errors.js';
import { reading } from './malformed.js';
import { requireImprint, type Stamped } from './message-imprint.js';
import { requireAttributes } from './signed-attributes.js';
import { readToken, type SignedData, type SignerId } from './signed-data.js';
import { readTstInfo, type TstInfo } from './tst-info.js';

export interface TokenRequest {
  /** DER of the TimeStampToken. */
  readonly token: Uint8Array;
  readonly stamped: Stamped;
  /** DER certificates, the only ones a chain may end in. */
  readonly roots: readonly Uint8Array[];
  /** DER of what came beside the token. */
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: readonly Uint8Array[];
  readonly ocsps?: readonly Uint8Array[];
  /** Accepted policies, dotted decimal; any without. */
  readonly policies?: readonly string[];
  /** The content of the nonce's INTEGER that was asked with. */
  readonly nonce?: Uint8Array;
  /** The time at which it is looked at: tokens from later than five minutes after it are refused. */
  readonly nowMs?: number;
}

export interface VerifiedToken {
  readonly genTimeMs: number;
  /** How far from genTime the true time may be; one second where the token does not say. */
  readonly accuracyMs: number;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly policy: string;
  readonly imprint: { readonly algorithm: string; readonly digest: Uint8Array };
  /** The body behind the certificate: the same for all units of one authority. */
  readonly tsa: string;
  /** The same however the authority writes itself: for counting authorities. */
  readonly tsaKey: string;
  /** The certificate's whole name. */
  readonly subject: string;
  /** From the authority's certificate to the root. */
  readonly path: readonly Certificate[];
  /** Whether lists or responses showed that no certificate of the chain was revoked. */
  readonly isKnownUnrevoked: boolean;
}

export const FUTURE_TOLERANCE_MS = 300_000;
const DEFAULT_ACCURACY_MS = 1_000;
const SIGNING: readonly KeyUsage[] = ['digitalSignature', 'nonRepudiation'];

/** What the token says and who says it. Throws TimestampError. */
export async function verifyToken(crypto: LimitedSuite, request: TokenRequest): Promise<VerifiedToken> {
  const { signed, info } = parseToken(request.token);
  requireAnswer(crypto, info, request);
  const roots = reading('evidence-invalid', () => request.roots.map(parseCertificate));
  const others = reading('evidence-invalid', () => (request.certificates ?? []).map(parseCertificate));
  const carried = reading('token-malformed', () => signed.certificates.map(parseCertificate));
  const intermediates = [...carried, ...others];
  const certificate = findSigner(signed.signer.id, [...intermediates, ...roots]);
  const attributes = reading('token-malformed', () => readAttributes(signed.signer.signedAttributes));
  reading('token-malformed', () => {
    requireAttributes(crypto, attributes, signed, certificate);
  });
  requirePurpose(certificate);
  await requireSignature(crypto, signed, certificate).catch(fromX509);
  const evidence = readEvidence(request, signed);
  const { path, isKnownUnrevoked } = await verifyChain(crypto, {
    certificate,
    intermediates,
    anchors: roots,
    atMs: info.genTimeMs,
    purpose: OID.timeStamping,
    evidence,
    revocationRule: 'timestamping',
  }).catch(fromX509);
  return { ...describe(info, certificate), path, isKnownUnrevoked };
}

/** What a token says, nothing of it verified. Throws TimestampError `token-malformed`. */
export function parseToken(token: Uint8Array): { readonly signed: SignedData; readonly info: TstInfo } {
  return reading('token-malformed', () => {
    const signed = readToken(token);
    return { signed, info: readTstInfo(signed.content) };
  });
}

/** What a token says and whose certificate in it signed, **nothing of it verified**. Throws TimestampError `token-malformed`. */
export function describeToken(token: Uint8Array): {
  readonly genTimeMs: number;
  readonly accuracyMs: number;
  readonly serialNumber: string;
  /** The certificate's whole name, if the token carries it. */
  readonly tsa: string | undefined;
} {
  const { signed, info } = parseToken(token);
  const certificates = reading('token-malformed', () => signed.certificates.map(parseCertificate));
  const certificate = certificates.find((candidate) => isNamed(signed.signer.id, candidate));
  const { genTimeMs, serialNumber, accuracyMs = DEFAULT_ACCURACY_MS } = info;
  return { genTimeMs, accuracyMs, serialNumber, tsa: certificate?.subject.text };
}

/** That the token answers this request: imprint, policy, nonce, and a time that has come. */
function requireAnswer(crypto: LimitedSuite, info: TstInfo, request: TokenRequest): void {
  const { stamped, policies, nonce, nowMs = Infinity } = request;
  requireImprint(crypto, info.imprint, stamped);
  if (policies !== undefined && !policies.includes(info.policy)) {
    throw new TimestampError(
      'policy-mismatch',
      `got a token under ${info.policy}, want ${policies.join(' or ')}`,
    );
  }
  if (nonce !== undefined && (info.nonce === undefined || !equalBytes(info.nonce, nonce))) {
    throw new TimestampError('nonce-mismatch', 'the token answers another request');
  }
  if (info.genTimeMs > nowMs + FUTURE_TOLERANCE_MS) {
    throw new TimestampError('time-in-future', `the token is from ${new Date(info.genTimeMs).toISOString()}`);
  }
}

function findSigner(id: SignerId, candidates: readonly Certificate[]): Certificate {
  const found = candidates.find((candidate) => isNamed(id, candidate));
  if (found === undefined) {
    throw new TimestampError('certificate-missing', 'the certificate that signed the token is not there');
  }
  return found;
}

function isNamed(id: SignerId, candidate: Certificate): boolean {
  if ('issuer' in id) {
    return equalNames(id.issuer, candidate.issuer) && equalBytes(id.serialNumber, candidate.serialNumber);
  }
  const extension = candidate.extensions.get(OID.subjectKeyIdentifier);
  if (extension === undefined) return false;
  const { tag, content } = reading('token-malformed', () => parseDer(extension.value));
  return tag === TAG.octetString && equalBytes(content, id.subjectKeyIdentifier);
}

/** RFC 3161 §2.3: extended key usage critical and timestamping alone; a key usage, if any, of signatures alone. */
function requirePurpose({ extensions, extendedKeyUsage, keyUsage, subject }: Certificate): void {
  const [purpose, ...others] = extendedKeyUsage ?? [];
  const isCritical = extensions.get(OID.extendedKeyUsage)?.critical === true;
  if (purpose !== OID.timeStamping || others.length > 0 || !isCritical) {
    throw new TimestampError(
      'extended-key-usage',
      `${subject.text} is not for timestamping, critical and alone`,
    );
  }
  if (keyUsage === undefined) return;
  if (keyUsage.size === 0 || [...keyUsage].some((usage) => !SIGNING.includes(usage))) {
    throw new TimestampError('key-usage', `the key of ${subject.text} is not for signatures alone`);
  }
}

async function requireSignature(
  crypto: LimitedSuite,
  { signer }: SignedData,
  certificate: Certificate,
): Promise<void> {
  const algorithm = resolveSignatureAlgorithm(signer.signatureAlgorithm, signer.digestAlgorithm);
  // Signers and certificates may use Ed25519 (RFC 8419) and SM2 (GM/T 0010); how authorities make tokens with them is untested.
  if (algorithm.kind === 'suite') {
    throw new TimestampError(
      'algorithm-unsupported',
      `got a token signed with ${algorithm.name}, want RSA or ECDSA`,
    );
  }
  const valid = await verifySignature(crypto, {
    algorithm,
    publicKey: certificate.publicKey,
    message: signer.signedAttributes.bytes,
    signature: signer.signature,
  });
  if (!valid)
    throw new TimestampError('signature-invalid', `the token is not signed by ${certificate.subject.text}`);
}

function readEvidence({ crls = [], ocsps = [] }: TokenRequest, signed: SignedData): RevocationEvidence {
  return reading('evidence-invalid', () => ({
    crls: [...signed.crls, ...crls].map(parseCrl),
    ocsps: ocsps.map(parseOcspResponse),
  }));
}

function describe(info: TstInfo, { subject }: Certificate): Omit<VerifiedToken, 'path' | 'isKnownUnrevoked'> {
  return {
    genTimeMs: info.genTimeMs,
    accuracyMs: info.accuracyMs ?? DEFAULT_ACCURACY_MS,
    serialNumber: info.serialNumber,
    policy: info.policy,
    // requireImprint has seen to it that the algorithm is known.
    imprint: { algorithm: info.imprint.algorithm ?? '', digest: info.imprint.digest },
    tsa: subject.organizationText,
    tsaKey: subject.organizationKey,
    subject: subject.text,
  };
}
