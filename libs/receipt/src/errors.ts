/**
 * The one error of this library. Codes are closed and made of what was read and what was wrong with it, so that a caller
 * can switch over them and a problem document can name them. Messages say got and want but never quote a text from the
 * input: it may be private and the message may be logged.
 */

/** A structure that is read member by member; each fails in the four ways of {@link MemberFault}. */
export type Structure =
  'disclosure' | 'envelope' | 'fingerprints' | 'receipt' | 'record' | 'statement' | 'trust';

/**
 * `type`: not the JSON type wanted · `members`: one missing or unknown · `value`: out of its limits or syntax ·
 * `not-canonical`: not J(x), the reason is in `cause` · `version`: another format version.
 */
export type MemberFault = 'type' | 'members' | 'value' | 'not-canonical' | 'version';

export type ReceiptErrorCode =
  | `${Structure}-${MemberFault}`
  | 'checkpoint-invalid'
  | 'cosignature-time'
  | 'disclosure-absent'
  | 'disclosure-clear-member'
  | 'disclosure-encoding'
  | 'disclosure-name-unknown'
  | 'disclosure-not-committed'
  | 'disclosure-repeated'
  | 'disclosure-reserved-name'
  | 'disclosure-signer-out-of-range'
  | 'envelope-payload'
  | 'envelope-signers'
  | 'fingerprints-order'
  | 'log-key-unknown'
  | 'note-malformed'
  | 'note-signature-invalid'
  | 'note-too-large'
  | 'note-unsigned'
  | 'pem-invalid'
  | 'policy-character'
  | 'policy-duplicate'
  | 'policy-group'
  | 'policy-key'
  | 'policy-line'
  | 'policy-quorum'
  | 'policy-too-large'
  | 'policy-undefined-name'
  | 'quorum-missing'
  | 'tlog-proof-malformed'
  | 'tlog-proof-too-large'
  | 'uuid-invalid'
  | 'verifier-key-invalid'
  | 'verifier-key-type'
  | 'witness-request'
  | 'witness-response';

export class ReceiptError extends Error {
  override readonly name = 'ReceiptError';
  /** RFC 6901 JSON pointer into what was parsed; '' when there is none. */
  readonly path: string;

  constructor(
    readonly code: ReceiptErrorCode,
    message: string,
    options: { path?: string; cause?: unknown } = {},
  ) {
    const path = options.path ?? '';
    super(path === '' ? message : `${path}: ${message}`, 'cause' in options ? { cause: options.cause } : {});
    this.path = path;
  }
}
