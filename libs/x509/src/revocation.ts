/**
 * Whether a certificate was revoked at a time, from lists and responses that somebody supplied. They are evidence: what is
 * there must be genuine, and what is not there is not held against a certificate, since nobody can ask for it offline.
 */
import { formatSerial } from './bytes.js';
import { type Certificate } from './certificate.js';
import { isSignedBy } from './chain-link.js';
import { type Crl, type Revocation } from './crl.js';
import { tryReadDistributionPoints } from './distribution-points.js';
import { X509Error } from './errors.js';
import { equalNames } from './name.js';
import { isAbout, type OcspResponse, requireResponder, type SingleResponse } from './ocsp.js';
import { type LimitedSuite } from './signature-limit.js';

export interface RevocationEvidence {
  readonly crls: readonly Crl[];
  readonly ocsps: readonly OcspResponse[];
}

export const NO_EVIDENCE: RevocationEvidence = { crls: [], ocsps: [] };

/**
 * `at-time`: what was signed before the revocation stays valid. `timestamping` (RFC 3161 §4): so it does if the reason says
 * that the key was not compromised; without such a reason no token of the key counts any more, whatever its time.
 */
export type RevocationRule = 'at-time' | 'timestamping';

interface RevocationRequest {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly evidence: RevocationEvidence;
  readonly atMs: number;
  readonly rule: RevocationRule;
}

/** unspecified, affiliationChanged, superseded, cessationOfOperation: RFC 3161 §4. */
const HARMLESS_REASONS: ReadonlySet<number | undefined> = new Set([0, 3, 4, 5]);

/** `good` if evidence covers the time, else `unknown`. Throws X509Error `revoked`, or `signature-invalid` for forged evidence. */
export async function verifyRevocation(
  crypto: LimitedSuite,
  request: RevocationRequest,
): Promise<'good' | 'unknown'> {
  const byList = await askLists(crypto, request);
  const byResponse = await askResponses(crypto, request);
  return byList || byResponse ? 'good' : 'unknown';
}

async function askLists(crypto: LimitedSuite, request: RevocationRequest): Promise<boolean> {
  const { certificate, issuer, evidence } = request;
  let isGood = false;
  for (const crl of evidence.crls.filter((candidate) => equalNames(candidate.issuer, issuer.subject))) {
    const maySign = issuer.keyUsage === undefined || issuer.keyUsage.has('cRLSign');
    if (!maySign || !(await isSignedBy(crypto, crl, issuer))) {
      throw new X509Error('signature-invalid', `a revocation list is not signed by ${issuer.subject.text}`);
    }
    const revocation = crl.revoked.get(formatSerial(certificate.serialNumber));
    if (revocation !== undefined) requireNotRevoked(request, revocation);
    if (covers(request, crl) && isInScope(certificate, crl)) isGood = true;
  }
  return isGood;
}

async function askResponses(crypto: LimitedSuite, request: RevocationRequest): Promise<boolean> {
  let isGood = false;
  for (const response of request.evidence.ocsps) {
    const about = response.responses.filter((single) => isAbout(crypto, single, request));
    if (about.length > 0) await requireResponder(crypto, response, request.issuer);
    for (const single of about) {
      if (typeof single.status === 'object') requireNotRevoked(request, single.status);
      if (single.status !== 'unknown' && covers(request, single)) isGood = true;
    }
  }
  return isGood;
}

function requireNotRevoked({ certificate, atMs, rule }: RevocationRequest, revocation: Revocation): void {
  const isHarmless = rule === 'at-time' || HARMLESS_REASONS.has(revocation.reason);
  if (isHarmless && atMs < revocation.revokedAtMs) return;
  const since = new Date(revocation.revokedAtMs).toISOString();
  throw new X509Error('revoked', `${certificate.subject.text} was revoked as of ${since}`);
}

/** Evidence of that time, or of a later one while the certificate had not expired and could not have left the list. */
function covers(
  { certificate, atMs }: RevocationRequest,
  { thisUpdateMs, nextUpdateMs }: Pick<Crl | SingleResponse, 'thisUpdateMs' | 'nextUpdateMs'>,
): boolean {
  if (thisUpdateMs >= atMs) return thisUpdateMs <= certificate.notAfterMs;
  return nextUpdateMs !== undefined && atMs <= nextUpdateMs;
}

/** RFC 5280 §6.3.3 (b)(2). */
function isInScope(certificate: Certificate, { scope: { holders, points } }: Crl): boolean {
  const isAuthority = certificate.basicConstraints?.isCa === true;
  if (holders !== 'all' && holders !== (isAuthority ? 'authorities' : 'users')) return false;
  if (points === undefined) return true;
  const own = tryReadDistributionPoints(certificate);
  return points.some((point) => own.includes(point));
}
