/**
 * What check 11 asks about a signer's certificates. X.509 is the injected verifier's work, as CMS is for timestamps: this
 * library knows no ASN.1. A chain is judged at the time the operator says it had the signature in hands, by roots that are
 * the verifier's own.
 */
import { decodeBase64 } from '../encoding/base64.js';
import { type SignerDisclosures } from '../record/disclosure-values.js';
import { type Checked, failed, notChecked } from './checked.js';

/** What a verifier of certificates is given: DER throughout. */
export interface CertificatesRequest {
  /** The signer's own first. */
  readonly certificates: readonly Uint8Array[];
  /** SubjectPublicKeyInfo of the key that signed: the certificate must be for this one. */
  readonly publicKey: Uint8Array;
  /** The only roots a chain may end in. */
  readonly roots: readonly Uint8Array[];
  /** The chain must be valid then, in milliseconds since 1970. */
  readonly atMs: number;
  /** To be asked before each signature is verified; false: give up, for there were too many. */
  readonly takeSignature?: () => boolean;
}

export type CertificatesResult =
  | { readonly valid: true; readonly subject: string; readonly issuer: string }
  | { readonly valid: false; readonly reason: string };

/** Also answers whether the key may sign documents: digitalSignature or nonRepudiation. */
export type VerifyCertificates = (
  request: CertificatesRequest,
) => CertificatesResult | Promise<CertificatesResult>;

export interface CertificatesContext {
  readonly verifyCertificates: VerifyCertificates | undefined;
  readonly signerRoots: readonly Uint8Array[];
  readonly atMs: number;
}

/** Whom the certificate names and who issued it, or why that is not shown. */
export async function checkCertificates(
  { verifyCertificates, signerRoots, atMs }: CertificatesContext,
  index: number,
  { certificates, key }: SignerDisclosures,
): Promise<{ readonly subject: string; readonly issuer: string } | Checked<never>> {
  if (certificates === undefined || key === undefined) {
    return notChecked('withheld', `certificates or key of signer ${index} are not shown`);
  }
  if (verifyCertificates === undefined) {
    return notChecked('certificate-verifier-missing', 'no verifier of certificates at hand');
  }
  if (signerRoots.length === 0) {
    return notChecked('no-signer-roots', `the trust names no roots for the certificates of signer ${index}`);
  }
  const der = (blob: string): Uint8Array => decodeBase64(blob) ?? new Uint8Array();
  const request = { certificates: certificates.map(der), publicKey: der(key), roots: signerRoots, atMs };
  const result = await attempt(verifyCertificates, request);
  if (result === undefined) {
    return notChecked('certificate-verifier-missing', 'the verifier of certificates cannot be used here');
  }
  if (result.valid) return { subject: result.subject, issuer: result.issuer };
  return failed('certificate-invalid', `the certificates of signer ${index} do not hold: ${result.reason}`);
}

/** A verifier that throws, for instance because the platform lacks WebCrypto, has said nothing. */
async function attempt(
  verifyCertificates: VerifyCertificates,
  request: CertificatesRequest,
): Promise<CertificatesResult | undefined> {
  try {
    return await verifyCertificates(request);
  } catch {
    return undefined;
  }
}
