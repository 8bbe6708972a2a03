/**
 * The envelope: a DSSE v1 JSON envelope around J(statement), one signature per signer in the statement's order
 * (docs/formats/statement.md). It travels inside other JSON, so it is read from a parsed value and written as one.
 */
import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { memberNames, ObjectReader } from '../encoding/object-reader.js';
import { ReceiptError } from '../errors.js';
import { STATEMENT_PAYLOAD_TYPE } from './dsse.js';
import { LIMITS } from './limits.js';
import { parseStatement, type Statement } from './statement.js';

/** The envelope as it stands in JSON. */
export interface EnvelopeJson {
  /** J(statement) in padded base64. */
  readonly payload: string;
  readonly payloadType: typeof STATEMENT_PAYLOAD_TYPE;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

export interface EnvelopeSignature {
  /** Lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo. */
  readonly keyid: string;
  readonly sig: Uint8Array;
}

export interface Envelope {
  readonly statement: Statement;
  /** J(statement), the very bytes that were received. */
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

const MEMBERS = memberNames(['payload', 'payloadType', 'signatures']);
const SIGNATURE_MEMBERS = memberNames(['keyid', 'sig']);
const encoder = new TextEncoder();

/**
 * An envelope out of untrusted JSON: shape, payload and signer order are checked, no signature is verified. Throws
 * ReceiptError: `envelope-*` for the envelope, `statement-*` and `fingerprints-*` for what is inside.
 */
export function parseEnvelope(value: unknown): Envelope {
  const json = parseEnvelopeJson(value);
  const payload = decodeBase64(json.payload) ?? new Uint8Array();
  const statement = parseStatement(payload);
  const signatures = json.signatures.map(({ keyid, sig }) => ({
    keyid,
    sig: decodeBase64(sig) ?? new Uint8Array(),
  }));
  assertSigners(statement, signatures);
  return { statement, payload, signatures };
}

/** The envelope of J(statement), given as text or bytes, and one signature per signer. Same checks as the parser. */
export function formatEnvelope(
  payload: Uint8Array | string,
  signatures: readonly EnvelopeSignature[],
): EnvelopeJson {
  const bytes = typeof payload === 'string' ? encoder.encode(payload) : payload;
  const json: EnvelopeJson = {
    payload: encodeBase64(bytes),
    payloadType: STATEMENT_PAYLOAD_TYPE,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: encodeBase64(sig) })),
  };
  parseEnvelope(json);
  return json;
}

/** The envelope's own shape, without a look inside its payload. Throws ReceiptError `envelope-*`. */
export function parseEnvelopeJson(value: unknown, path = ''): EnvelopeJson {
  const reader = new ObjectReader(value, MEMBERS, 'envelope', path);
  return {
    payload: reader.base64('payload', LIMITS.statementBytes),
    payloadType: reader.oneOf('payloadType', [STATEMENT_PAYLOAD_TYPE]),
    signatures: reader.list('signatures', LIMITS.signers).map((item, index) => {
      const signature = new ObjectReader(item, SIGNATURE_MEMBERS, 'envelope', `${path}/signatures/${index}`);
      return { keyid: signature.hex('keyid', 32), sig: signature.base64('sig', LIMITS.signatureBytes) };
    }),
  };
}

function assertSigners(statement: Statement, signatures: readonly EnvelopeSignature[]): void {
  const want = statement.signers.length;
  if (signatures.length !== want) {
    const message = `expected one signature for each of ${want} signers, got ${signatures.length}`;
    throw new ReceiptError('envelope-signers', message, { path: '/signatures' });
  }
  signatures.forEach(({ keyid }, index) => {
    if (keyid === statement.signers[index]?.keyid) return;
    const message = 'expected the keyids of the signers in their order';
    throw new ReceiptError('envelope-signers', message, { path: `/signatures/${index}/keyid` });
  });
}
