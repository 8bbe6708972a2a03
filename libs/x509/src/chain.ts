/**
 * Chains: RFC 5280 §6.1 without policies and name constraints (critical ones are refused, not ignored). A chain leads from
 * a certificate over untrusted intermediates to one of the given anchors, and every certificate of it, the anchor's
 * included, must be valid at the time in question. A certificate that is itself an anchor is a chain of one.
 */
import { equalBytes } from './bytes.js';
import { type Certificate } from './certificate.js';
import { isSignedBy, requireValidAt } from './chain-link.js';
import { X509Error } from './errors.js';
import { requireKnownCritical } from './extensions.js';
import { equalNames } from './name.js';
import { OID } from './oids.js';
import { NO_EVIDENCE, type RevocationEvidence, type RevocationRule, verifyRevocation } from './revocation.js';
import { isGivenUp, type LimitedSuite } from './signature-limit.js';

export interface ChainRequest {
  readonly certificate: Certificate;
  /** From anybody: they are only believed as far as an anchor signed them. */
  readonly intermediates: readonly Certificate[];
  /** The verifier's own. */
  readonly anchors: readonly Certificate[];
  readonly atMs: number;
  /** An extended key usage that every authority which has one must allow. The certificate's own is the caller's to check. */
  readonly purpose?: string;
  readonly evidence?: RevocationEvidence;
  /** Default `at-time`. */
  readonly revocationRule?: RevocationRule;
}

export interface VerifiedChain {
  /** From the certificate to the anchor. */
  readonly path: readonly Certificate[];
  /** Whether lists or responses showed that no certificate below the anchor was revoked; else it is not known. */
  readonly isKnownUnrevoked: boolean;
}

export const CHAIN_LIMITS = { length: 8, signatures: 64 } as const;

const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  OID.keyUsage,
  OID.basicConstraints,
  OID.extendedKeyUsage,
  OID.subjectAltName,
  OID.issuerAltName,
  OID.certificatePolicies,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
]);

/**
 * The first chain that holds. Throws X509Error: what was wrong with the last chain that was tried, `chain-untrusted` if
 * none led to an anchor, `revoked` for a certificate on the chain.
 */
export async function verifyChain(crypto: LimitedSuite, request: ChainRequest): Promise<VerifiedChain> {
  const search = new ChainSearch(crypto, request);
  const path = await search.run();
  const { evidence = NO_EVIDENCE, revocationRule: rule = 'at-time', atMs } = request;
  let isKnownUnrevoked = true;
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1];
    if (issuer === undefined) break;
    const status = await verifyRevocation(crypto, { certificate, issuer, evidence, atMs, rule });
    isKnownUnrevoked &&= status === 'good';
  }
  return { path, isKnownUnrevoked };
}

/** Depth first, anchors before intermediates; what fails on one way is remembered for the message. */
class ChainSearch {
  private signatures = 0;
  private failure: X509Error | undefined;

  constructor(
    private readonly crypto: LimitedSuite,
    private readonly request: ChainRequest,
  ) {}

  async run(): Promise<readonly Certificate[]> {
    const { certificate } = this.request;
    requireValidAt(certificate, this.request.atMs);
    requireKnownCritical(certificate.extensions, KNOWN_CRITICAL, certificate.subject.text);
    const path = await this.extend([certificate]);
    if (path !== undefined) return path;
    throw (
      this.failure ??
      new X509Error('chain-untrusted', `no chain leads from ${certificate.subject.text} to an anchor`)
    );
  }

  private async extend(path: readonly Certificate[]): Promise<readonly Certificate[] | undefined> {
    const last = path.at(-1);
    if (last === undefined || this.isAnchor(last)) return path;
    if (path.length >= CHAIN_LIMITS.length) return undefined;
    for (const issuer of this.candidates(last, path)) {
      const found = (await this.accepts(issuer, path)) ? await this.extend([...path, issuer]) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private isAnchor(certificate: Certificate): boolean {
    return this.request.anchors.some(({ bytes }) => equalBytes(bytes, certificate.bytes));
  }

  private candidates(certificate: Certificate, path: readonly Certificate[]): Certificate[] {
    const { anchors, intermediates } = this.request;
    const found: Certificate[] = [];
    for (const candidate of [...anchors, ...intermediates]) {
      const isKnown = [...path, ...found].some(({ bytes }) => equalBytes(bytes, candidate.bytes));
      if (!isKnown && equalNames(candidate.subject, certificate.issuer)) found.push(candidate);
    }
    return found;
  }

  private async accepts(issuer: Certificate, path: readonly Certificate[]): Promise<boolean> {
    if (++this.signatures > CHAIN_LIMITS.signatures) {
      throw new X509Error('chain-limit', `more than ${CHAIN_LIMITS.signatures} candidates for a chain`);
    }
    try {
      requireIssuer(issuer, path, this.request, this.isAnchor(issuer));
      await this.requireSignature(path.at(-1) ?? issuer, issuer);
      return true;
    } catch (error) {
      if (!(error instanceof X509Error) || isGivenUp(error)) throw error;
      this.failure = error;
      return false;
    }
  }

  private async requireSignature(certificate: Certificate, issuer: Certificate): Promise<void> {
    if (await isSignedBy(this.crypto, certificate, issuer)) return;
    const message = `${certificate.subject.text} is not signed by ${issuer.subject.text}`;
    throw new X509Error('signature-invalid', message);
  }
}

/** §6.1.4 (k)–(n): what an issuer above `path` must be allowed. */
function requireIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  { atMs, purpose }: ChainRequest,
  isAnchor: boolean,
): void {
  const { subject, basicConstraints, keyUsage, extendedKeyUsage, version } = issuer;
  requireValidAt(issuer, atMs);
  requireKnownCritical(issuer.extensions, KNOWN_CRITICAL, subject.text);
  // An anchor from before extensions (version 1) is an authority because the verifier says so.
  const isBareAnchor = isAnchor && version < 3;
  if (!isBareAnchor && basicConstraints?.isCa !== true) {
    throw new X509Error('issuer-not-ca', `${subject.text} is no certification authority`);
  }
  if (keyUsage !== undefined && !keyUsage.has('keyCertSign')) {
    throw new X509Error('issuer-not-ca', `the key of ${subject.text} may not sign certificates`);
  }
  const below = path.slice(1).filter((authority) => !equalNames(authority.subject, authority.issuer)).length;
  if (below > (basicConstraints?.pathLength ?? Infinity)) {
    throw new X509Error('path-too-long', `${subject.text} allows fewer authorities than ${below} below it`);
  }
  if (purpose === undefined || extendedKeyUsage === undefined) return;
  if (!extendedKeyUsage.includes(purpose) && !extendedKeyUsage.includes(OID.anyExtendedKeyUsage)) {
    throw new X509Error('extended-key-usage', `${subject.text} may not issue for ${purpose}`);
  }
}
