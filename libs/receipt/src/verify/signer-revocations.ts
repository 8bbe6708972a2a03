/**
 * Revocations of signers' keys and certificates, as the log's `revocation` events say. What was signed and anchored before a
 * revocation took effect stays valid. An event that came after the record and claims to reach back behind it is shown and
 * decides nothing: else whoever regrets a signature could take it back.
 */
import { computeKeyid, type CryptoSuite } from '@cunzheng/crypto';
import { parseTime, type RevocationEvent } from '@cunzheng/ledger';
import { decodeBase64 } from '../encoding/base64.js';
import { encodeHex } from '../encoding/hex.js';
import { type SignerDisclosures } from '../record/disclosure-values.js';
import { type Checked, failed, notChecked } from './checked.js';

/** An event with its place in the log. */
export interface LoggedRevocation extends RevocationEvent {
  /** Of the block it is in. */
  readonly height: number;
}

export interface RevocationContext {
  readonly crypto: CryptoSuite;
  /** Those of the record's log, or undefined if the verifier has no copy of it. */
  readonly revocations: readonly LoggedRevocation[] | undefined;
  /** When the record was anchored: the time of its block. */
  readonly anchoredAtMs: number;
  /** The height of that block; undefined if none was proven, and then nothing says that the record came first. */
  readonly anchoredIn: number | undefined;
}

/** What revocations mean for one signer; `lines` are for people. */
export interface SignerRevocation {
  readonly lines: readonly string[];
  readonly open?: Checked<never>;
}

/** `keyid` is that of the statement, if it is shown. */
export function checkRevocations(
  context: RevocationContext,
  index: number,
  signer: SignerDisclosures,
  keyid: string | undefined,
): SignerRevocation {
  const concerning = findRevocations(context, signer, keyid);
  const lines = concerning.map(
    ({ effectiveAt, createdAt, height }) =>
      `signer ${index}: revoked as of ${effectiveAt}, logged at ${createdAt} in block ${height}`,
  );
  const effective = concerning.filter(({ effectiveAt }) => parseTime(effectiveAt) <= context.anchoredAtMs);
  const { anchoredIn = Infinity } = context;
  const earlier = effective.find(({ height }) => height <= anchoredIn);
  if (earlier !== undefined) {
    const message = `the key of signer ${index} was revoked as of ${earlier.effectiveAt}`;
    return { lines, open: failed('key-revoked', message) };
  }
  const [backdated] = effective;
  if (backdated === undefined) return { lines };
  const message =
    `the log revoked the key of signer ${index} in block ${backdated.height}, after this record, ` +
    `and as of ${backdated.effectiveAt}, before it`;
  return { lines, open: notChecked('revocation-backdated', message) };
}

/** Whether it can be told for each signer which key is meant. */
export function areKeysKnown(signers: readonly SignerDisclosures[], keyids: readonly string[]): boolean {
  return signers.every(({ key }, index) => key !== undefined || keyids[index] !== undefined);
}

function findRevocations(
  { crypto, revocations = [] }: RevocationContext,
  { key, certificates }: SignerDisclosures,
  keyid: string | undefined,
): LoggedRevocation[] {
  if (revocations.length === 0) return [];
  const der = (blob: string): Uint8Array => decodeBase64(blob) ?? new Uint8Array();
  const id = keyid ?? (key === undefined ? undefined : computeKeyid(crypto, der(key)));
  const sha256 = crypto.digest('sha-256');
  const own = new Set(certificates?.map((certificate) => encodeHex(sha256.hash(der(certificate)))));
  return revocations.filter(
    (revocation) =>
      revocation.keyid === id && (revocation.certificate === undefined || own.has(revocation.certificate)),
  );
}
