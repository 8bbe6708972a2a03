/**
 * The DSSE pre-authentication encoding (DSSE v1, protocol.md): the bytes a signer signs, so that neither the payload's
 * type nor its end can be mistaken. `DSSEv1 SP LEN(type) SP type SP LEN(body) SP body`, lengths in decimal bytes.
 */
export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.cunzheng.statement+json';

const encoder = new TextEncoder();

/** What is signed over J(statement) as UTF-8 bytes. */
export function computePae(payload: Uint8Array): Uint8Array {
  const type = STATEMENT_PAYLOAD_TYPE;
  const head = encoder.encode(`DSSEv1 ${type.length} ${type} ${payload.length} `);
  const pae = new Uint8Array(head.length + payload.length);
  pae.set(head);
  pae.set(payload, head.length);
  return pae;
}
