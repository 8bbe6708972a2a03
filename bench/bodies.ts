/** Request bodies as a law firm or a platform would send them. */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { computePae, formatEnvelope, formatStatement } from '@cunzheng/receipt';

const digest = (): string => randomBytes(32).toString('hex');

/** About 300 bytes: a fingerprint with title, type, size and signer. */
export function unsignedBody(): string {
  return JSON.stringify({
    fingerprints: [{ algorithm: 'sha-256', digest: digest() }],
    title: '短视频作品 第 12 集',
    mediaType: 'video/mp4',
    sizeBytes: 73_400_320,
  });
}

export interface BenchSigner {
  readonly keyid: string;
  readonly spki: Buffer;
  readonly privateKey: KeyObject;
}

export function createSigner(): BenchSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, spki, keyid: createHash('sha256').update(spki).digest('hex') };
}

/** An envelope around a statement signed with Ed25519. */
export function signedBody(signer: BenchSigner, organization: string, service: string): string {
  const payload = formatStatement({
    createdAt: new Date().toISOString(),
    fingerprints: [{ algorithm: 'sha-256', digest: digest() }],
    nonce: randomBytes(16).toString('hex'),
    organization,
    service,
    signers: [{ alg: 'ed25519', keyid: signer.keyid }],
    title: '代理词',
    mediaType: 'application/pdf',
    sizeBytes: 48_213,
  });
  const sig = sign(null, computePae(Buffer.from(payload)), signer.privateKey);
  return JSON.stringify({ envelope: formatEnvelope(payload, [{ keyid: signer.keyid, sig }]) });
}
