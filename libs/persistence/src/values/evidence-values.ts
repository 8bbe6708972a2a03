/**
 * What of an evidence row is private, as one sealed value in its column `content`: length and bytes of the secrets, length
 * and bytes of the client reference, and the content. Rows from before there were keys have the three in three columns.
 */
import { isSealed, type ValueCipher, type ValuePlace } from './value-cipher.js';

const LENGTH_BYTES = 2;

export interface EvidenceValues {
  readonly secrets: Uint8Array;
  readonly clientRef: string | null;
  readonly content: Uint8Array;
}

/** The columns as they are read. */
export interface EvidenceColumns {
  readonly secrets: Buffer;
  readonly client_ref: string | null;
  readonly content: Buffer;
}

/** The value of the column `content`. */
export function sealEvidence(
  cipher: ValueCipher,
  organization: number,
  id: string,
  { secrets, clientRef, content }: EvidenceValues,
): Buffer {
  const reference = Buffer.from(clientRef ?? '');
  const secretsEnd = LENGTH_BYTES + secrets.length;
  const referenceAt = secretsEnd + LENGTH_BYTES;
  const text = Buffer.allocUnsafe(referenceAt + reference.length + content.length);
  text.writeUInt16BE(secrets.length, 0);
  text.set(secrets, LENGTH_BYTES);
  text.writeUInt16BE(reference.length, secretsEnd);
  text.set(reference, referenceAt);
  text.set(content, referenceAt + reference.length);
  return cipher.seal(placeOf(organization, id), text);
}

/** @throws PersistenceError `value-unreadable`. */
export function openEvidence(
  cipher: ValueCipher,
  organization: number,
  id: string,
  { secrets, client_ref: clientRef, content }: EvidenceColumns,
): EvidenceValues & { content: Buffer } {
  if (!isSealed(content)) return { secrets, clientRef, content };
  const opened = cipher.open(placeOf(organization, id), content);
  const secretsEnd = LENGTH_BYTES + opened.readUInt16BE(0);
  const referenceAt = secretsEnd + LENGTH_BYTES;
  const referenceEnd = referenceAt + opened.readUInt16BE(secretsEnd);
  return {
    secrets: opened.subarray(LENGTH_BYTES, secretsEnd),
    clientRef: referenceEnd === referenceAt ? null : opened.toString('utf8', referenceAt, referenceEnd),
    content: opened.subarray(referenceEnd),
  };
}

/** The keyed hash under which the evidence of a client reference is found. */
export function clientRefMac(cipher: ValueCipher, organization: number, clientRef: string): Buffer {
  return cipher.mac(organization, 'evidence.client_ref', clientRef);
}

const placeOf = (organization: number, id: string): ValuePlace => ({
  organization,
  column: 'evidence.content',
  id,
});
