/** Request schemas of the signer routes. */
import { z } from 'zod';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { REVOCATION_REASONS } from '@cunzheng/ledger';
import { DISCLOSURE_LIMITS, LIMITS, signerAlgorithms } from '@cunzheng/receipt';
import { assertHashable, base64, signerIdentity } from '../evidence/evidence.schemas.js';
import { exampleCertificates, exampleKeyProof, exampleSignerRequest } from '../openapi/examples.js';

const algorithms = signerAlgorithms(nativeCrypto);

/** Whether a registered signer is a natural person or an organization. It is not in records: identifiers tell it there. */
export const signerType = z
  .enum(['person', 'organization'])
  .meta({ description: 'A natural person or an organization; not part of records' });

export const signerRequest = z
  .strictObject({ type: signerType.optional(), ...signerIdentity.shape })
  .superRefine(assertHashable)
  .meta({ id: 'SignerRequest', examples: [exampleSignerRequest] });

/** First call: the key alone gives a challenge. Second call: the same with the challenge and its signature. */
export const keyRequest = z
  .strictObject({
    alg: z.enum(algorithms),
    publicKey: base64(DISCLOSURE_LIMITS.keyBytes).meta({ description: 'DER SubjectPublicKeyInfo in base64' }),
    challenge: z.uuid().optional(),
    signature: base64(LIMITS.signatureBytes).optional(),
    validFrom: z.iso
      .datetime({ precision: 3 })
      .optional()
      .meta({ description: 'The key may sign from this moment on' }),
    validUntil: z.iso
      .datetime({ precision: 3 })
      .optional()
      .meta({ description: 'The key may sign before this moment' }),
  })
  .refine(({ validFrom = '', validUntil = '~' }) => validFrom < validUntil, {
    path: ['validUntil'],
    message: 'must be later than validFrom',
  })
  .refine(({ challenge, signature }) => (challenge === undefined) === (signature === undefined), {
    path: ['signature'],
    message: 'challenge and signature come together',
  })
  .meta({ id: 'SignerKeyRequest', examples: [exampleKeyProof] });

/** When a revocation takes effect, and of what; without `certificate` it is of the key itself. */
export const revocationRequest = z
  .strictObject({
    effectiveAt: z.iso.datetime({ precision: 3 }).optional().meta({
      description: 'From when on it must not be relied on; now if left out. The log shows when it was said.',
    }),
    certificate: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
      .optional()
      .meta({ description: 'SHA-256 of one DER certificate for this key' }),
    reason: z.enum(REVOCATION_REASONS).optional(),
  })
  .meta({ id: 'RevocationRequest', examples: [{ reason: 'key-compromise' }] });

/** A chain for a key; that it holds is checked when it comes. */
export const certificatesRequest = z
  .strictObject({
    certificates: z
      .array(base64(DISCLOSURE_LIMITS.certificateBytes))
      .min(DISCLOSURE_LIMITS.certificates.min)
      .max(DISCLOSURE_LIMITS.certificates.max)
      .meta({ description: "DER certificates in base64, the signer's own first" }),
  })
  .meta({ id: 'KeyCertificatesRequest', examples: [exampleCertificates] });

export type SignerRequest = z.output<typeof signerRequest>;
export type CertificatesRequest = z.output<typeof certificatesRequest>;
export type RevocationRequest = z.output<typeof revocationRequest>;
export type KeyRequest = z.output<typeof keyRequest>;
