/** MessageImprint: RFC 3161 §2.4.1, the digest that a token is over, with the algorithm's name here. */
import { type CryptoSuite } from '@cunzheng/crypto';
import { type DerReader, equalBytes, getDigestName, hasNoParameters, readAlgorithm } from '@cunzheng/x509';
import { TimestampError } from './errors.js';

export interface MessageImprint {
  /** A digest of @cunzheng/crypto, or undefined for one that is not taken. */
  readonly algorithm: string | undefined;
  readonly algorithmOid: string;
  readonly digest: Uint8Array;
  /** The whole MessageImprint in DER. */
  readonly bytes: Uint8Array;
}

/** What a token must be over: the data itself, or a digest of it. */
export type Stamped =
  { readonly data: Uint8Array } | { readonly algorithm: string; readonly digest: Uint8Array };

export function readMessageImprint(reader: DerReader): MessageImprint {
  const algorithm = readAlgorithm(reader.any('algorithm'));
  const digest = reader.octets('digest');
  reader.end();
  const name = hasNoParameters(algorithm) ? getDigestName(algorithm.oid) : undefined;
  return { algorithm: name, algorithmOid: algorithm.oid, digest, bytes: reader.bytes };
}

/** Throws TimestampError `imprint-algorithm` or `imprint-mismatch`. */
export function requireImprint(crypto: CryptoSuite, imprint: MessageImprint, stamped: Stamped): void {
  const { algorithm, algorithmOid, digest } = imprint;
  if (algorithm === undefined || !crypto.isDigestName(algorithm)) {
    throw new TimestampError(
      'imprint-algorithm',
      `got an imprint by ${algorithmOid}, want a digest that is taken`,
    );
  }
  const wanted = 'data' in stamped ? crypto.digest(algorithm).hash(stamped.data) : stamped.digest;
  if ('algorithm' in stamped && stamped.algorithm !== algorithm) {
    throw new TimestampError('imprint-mismatch', `got an imprint by ${algorithm}, want ${stamped.algorithm}`);
  }
  if (!equalBytes(wanted, digest))
    throw new TimestampError('imprint-mismatch', 'the token is over other data');
}
