/**
 * The request schemas of the evidence routes. Their limits are those of the formats, so what passes here can be hashed.
 * Texts are counted in code points, as JSON Schema does.
 */
import { z } from 'zod';
import { assertCanonicalDomain, CanonicalJsonError } from '@cunzheng/canonical-json';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  DISCLOSURE_LIMITS,
  FINGERPRINT_ALGORITHMS,
  LIMITS,
  MEDIA_TYPE,
  type FingerprintAlgorithm,
} from '@cunzheng/receipt';
import { exampleRequest } from '../openapi/examples.js';

interface Range {
  readonly min: number;
  readonly max: number;
}

const codePoints = (text: string): number => Array.from(text).length;

/** Refuses what no JSON that is hashed may hold: U+0000, lone surrogates, noncharacters, minus zero. */
export function assertHashable(value: unknown, context: z.RefinementCtx): void {
  try {
    assertCanonicalDomain(value);
  } catch (error) {
    if (!(error instanceof CanonicalJsonError)) throw error;
    const path = error.path
      .split('/')
      .slice(1)
      .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    context.addIssue({ code: 'custom', path, message: error.message });
  }
}

/** A text whose length is counted in code points. */
export const text = ({ min, max }: Range): z.ZodType<string, string> =>
  z
    .string()
    .refine(
      (value) =>
        value.length >= min && (value.length <= max || (value.length <= 2 * max && codePoints(value) <= max)),
      `must have ${min} to ${max} characters`,
    )
    .meta({ minLength: min, maxLength: max });

const fingerprint = z
  .strictObject({
    algorithm: z.enum(FINGERPRINT_ALGORITHMS as [FingerprintAlgorithm, ...FingerprintAlgorithm[]]),
    digest: z
      .string()
      .meta({ pattern: '^([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$', description: 'lower-case hex' }),
  })
  .superRefine(({ algorithm, digest }, context) => {
    const digits = nativeCrypto.digest(algorithm).sizeBytes * 2;
    if (digest.length === digits && /^[0-9a-f]+$/.test(digest)) return;
    context.addIssue({
      code: 'custom',
      path: ['digest'],
      message: `${algorithm} needs ${digits} lower-case hex digits`,
    });
  });

export const fingerprints = z
  .array(fingerprint)
  .min(LIMITS.fingerprints.min)
  .max(LIMITS.fingerprints.max)
  .refine(
    (list) => new Set(list.map(({ algorithm }) => algorithm)).size === list.length,
    'each algorithm at most once',
  )
  .meta({ description: 'Digests of one byte string, each algorithm at most once' });

/** Names a channel of the client's own, such as a department; endpoints of webhooks choose by it. */
export const tag = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'must be 1 to 64 letters, digits or . _ : -')
  .meta({ description: 'Chooses webhook endpoints; not part of the record. Nothing personal' });

const metadata = z
  .array(z.strictObject({ name: text(LIMITS.metadataName), value: text(LIMITS.metadataValue) }))
  .min(LIMITS.metadata.min)
  .max(LIMITS.metadata.max)
  .refine(
    (items) => new Set(items.map(({ name }) => name)).size === items.length,
    'each metadata name at most once',
  );

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Padded base64 of at most `maxBytes`, in its form; decoders are stricter. The length is looked at first, and the pattern
 * repeats no group: one that does exhausts the stack of the regular expression engine on megabytes.
 */
export const base64 = (maxBytes: number): z.ZodType<string, string> => {
  const maxLength = Math.ceil(maxBytes / 3) * 4;
  return z
    .string()
    .refine(
      (value) => value.length <= maxLength && value.length % 4 === 0 && BASE64.test(value),
      `must be padded base64 of at most ${maxBytes} bytes`,
    )
    .meta({ maxLength, description: 'padded base64' });
};

/** How and by whom an identity was verified, as the platform states it. */
const verification = z.strictObject({
  method: text(DISCLOSURE_LIMITS.verificationMethod),
  by: text(DISCLOSURE_LIMITS.verificationBy).optional(),
  at: z.iso.datetime({ precision: 3 }).optional(),
  reference: text(DISCLOSURE_LIMITS.verificationReference)
    .optional()
    .meta({ description: 'Under which number the provider keeps it' }),
  report: fingerprint.optional().meta({ description: "Digest of the provider's report, which is not sent" }),
  note: text(DISCLOSURE_LIMITS.verificationNote).optional(),
});

/** Who a signer is, as the platform states it. */
export const signerIdentity = z
  .strictObject({
    name: text(DISCLOSURE_LIMITS.signerName),
    identifiers: z
      .array(
        z.strictObject({
          scheme: text(DISCLOSURE_LIMITS.identifierScheme),
          value: text(DISCLOSURE_LIMITS.identifierValue),
        }),
      )
      .min(DISCLOSURE_LIMITS.identifiers.min)
      .max(DISCLOSURE_LIMITS.identifiers.max)
      .optional(),
    verification: verification.optional(),
  })
  .meta({ id: 'SignerIdentity' });

const envelope = z
  .strictObject({
    payload: base64(LIMITS.statementBytes),
    payloadType: z.literal('application/vnd.cunzheng.statement+json'),
    signatures: z
      .array(
        z.strictObject({
          keyid: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
          sig: base64(LIMITS.signatureBytes),
        }),
      )
      .min(LIMITS.signers.min)
      .max(LIMITS.signers.max),
  })
  .meta({ id: 'Envelope', description: 'DSSE envelope around J(statement)' });

/** One piece of evidence: plain fields, with signers as the platform states them, or an envelope that signers signed. */
export const evidenceRequest = z
  .strictObject({
    fingerprints: fingerprints.optional(),
    title: text(LIMITS.title).optional(),
    mediaType: z.string().regex(MEDIA_TYPE, 'must be type/subtype').optional(),
    sizeBytes: z.int().min(0).optional(),
    clientRef: text(LIMITS.clientRef).optional(),
    metadata: metadata.optional(),
    provenance: text(LIMITS.provenance).optional(),
    tag: tag.optional(),
    signers: z.array(signerIdentity).min(LIMITS.signers.min).max(LIMITS.signers.max).optional(),
    envelope: envelope.optional(),
    tokens: z
      .array(base64(DISCLOSURE_LIMITS.tokenBytes))
      .min(1)
      .max(DISCLOSURE_LIMITS.tokens)
      .optional()
      .meta({
        description:
          'RFC 3161 timestamp tokens (DER) over one of the fingerprints, with their certificates inside; each is verified in full',
      }),
    certificates: z
      .array(z.array(base64(DISCLOSURE_LIMITS.certificateBytes)).max(DISCLOSURE_LIMITS.certificates.max))
      .min(LIMITS.signers.min)
      .max(LIMITS.signers.max)
      .optional()
      .meta({
        description:
          "X.509 chains in DER, one list for each signer of the envelope in their order, the signer's own certificate first; an empty list for one without. Left out, those registered for the keys are used",
      }),
  })
  .superRefine((request, context) => {
    if (request.envelope ? request.signers : !request.fingerprints) {
      const message = request.envelope
        ? 'an envelope names its signers: leave signers out'
        : 'give at least one fingerprint, or an envelope';
      context.addIssue({ code: 'custom', path: [request.envelope ? 'signers' : 'fingerprints'], message });
    }
    if (request.certificates && !request.envelope) {
      const message = 'certificates belong to the signers of an envelope: give one';
      context.addIssue({ code: 'custom', path: ['certificates'], message });
    }
    assertHashable(request, context);
  })
  .meta({
    id: 'EvidenceRequest',
    examples: [exampleRequest],
  });

export type EvidenceRequest = z.output<typeof evidenceRequest>;
export type SignerIdentity = z.output<typeof signerIdentity>;

export const MAX_BATCH_ITEMS = 1_000;

/** Items are validated one by one, so that one bad item does not refuse its neighbours. */
export const batchRequest = z
  .strictObject({
    items: z.array(z.unknown()).min(1).max(MAX_BATCH_ITEMS, `at most ${MAX_BATCH_ITEMS} items`),
  })
  .meta({ id: 'EvidenceBatchRequest' });

/** In lower case, as ids are stored. */
export const evidenceId = z.uuid().toLowerCase();

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

/** Which block, in a query: its log's name and its height there. */
export const blockQuery = {
  log: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the name of a log')
    .optional(),
  blockHeight: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .optional(),
};

/** `GET /v1/evidence`: every given condition must hold; newest first. */
export const evidenceQuery = z.strictObject({
  fingerprint: z
    .string()
    .regex(
      /^(?:(?:sha-256|sha3-256|sm3):[0-9a-f]{64}|sha-384:[0-9a-f]{96}|sha-512:[0-9a-f]{128})$/,
      'must be algorithm:hex',
    )
    .optional(),
  clientRef: text(LIMITS.clientRef).superRefine(assertHashable).optional(),
  state: z.enum(['accepted', 'anchored', 'attested']).optional(),
  tag: tag.optional(),
  ...blockQuery,
  acceptedFrom: z.iso.datetime().optional(),
  acceptedBefore: z.iso.datetime().optional(),
  cursor: z.uuid().optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_PAGE, `must lie in 1…${MAX_PAGE}`)
    .default(DEFAULT_PAGE),
});

export type EvidenceQuery = z.output<typeof evidenceQuery>;
