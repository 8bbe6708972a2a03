/** Certificates of signers in PEM files, as certification authorities hand them out: a signer's own and those above it. */
import { readFileSync } from 'node:fs';
import { computeKeyid } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseCertificate, parsePem, X509Error } from '@cunzheng/x509';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';

export interface FiledCertificate {
  /** DER in base64. */
  readonly base64: string;
  /** Of the key that it certifies, lower-case hex. */
  readonly keyid: string;
}

/** In the order of the file. @throws CliError `file` for what is no file of certificates. */
export function readCertificates(path: string): FiledCertificate[] {
  try {
    return parsePem(readFileSync(path, 'utf8'), 'CERTIFICATE').map((der) => ({
      base64: Buffer.from(der).toString('base64'),
      keyid: computeKeyid(nativeCrypto, parseCertificate(der).publicKey.bytes),
    }));
  } catch (cause) {
    const reason = cause instanceof X509Error ? `${path}: ${cause.message}` : describeFileError(path, cause);
    throw new CliError('file', reason, { cause });
  }
}

/**
 * A chain for each key, its own certificate first and then those that are no key's own; empty for a key without one.
 *
 * @throws CliError `usage` when no certificate is for any of the keys.
 */
export function chainsFor(keyids: readonly string[], certificates: readonly FiledCertificate[]): string[][] {
  const above = certificates.filter(({ keyid }) => !keyids.includes(keyid));
  const chains = keyids.map((wanted) => {
    const own = certificates.find(({ keyid }) => keyid === wanted);
    return own === undefined ? [] : [own, ...above].map(({ base64 }) => base64);
  });
  if (chains.some((chain) => chain.length > 0)) return chains;
  throw new CliError('usage', 'none of the certificates is for a key that signs: see --key');
}
