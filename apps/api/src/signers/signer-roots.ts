/** The roots that certificates of signers must lead to at intake: the PEM file of `SIGNER_ROOTS_FILE`, read once at start. */
import { readFileSync } from 'node:fs';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createSignerCertificatesVerifier, parseCertificate, parsePem } from '@cunzheng/x509';
import { ProblemError } from '../problems/problem-error.js';

const verify = createSignerCertificatesVerifier(nativeCrypto);

/** DER certificates; none without a file. @throws X509Error, or the system's error for a file that cannot be read. */
export function readSignerRoots(path: string | undefined): Uint8Array[] {
  if (path === undefined) return [];
  const roots = parsePem(readFileSync(path, 'utf8'), 'CERTIFICATE');
  roots.forEach(parseCertificate);
  return roots;
}

/** Whether the chain is good for signing with this key at that time, by these roots. */
export async function holdsChain(chain: SignerChain): Promise<boolean> {
  return chain.roots.length > 0 && (await verify(chain)).valid;
}

/** What is to be said of one signer's chain, its own certificate first. */
export interface SignerChain {
  readonly certificates: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly roots: readonly Uint8Array[];
  readonly atMs: number;
}

/** @throws ProblemError `certificate-invalid` unless the chain is good for signing with this key, now, by these roots. */
export async function assertSignerChain(index: number, chain: SignerChain): Promise<void> {
  if (chain.roots.length === 0) {
    throw new ProblemError('certificate-invalid', 'this service names no roots for certificates of signers');
  }
  const result = await verify(chain);
  if (!result.valid) {
    throw new ProblemError(
      'certificate-invalid',
      `the certificates of signer ${index} do not hold: ${result.reason}`,
    );
  }
}
