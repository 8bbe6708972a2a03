/**
 * The files of one checkpoint: the signed note, the bytes that the log signed with its signature and key, and the bytes
 * that timestamps cover with their tokens. The key is the one the log claims: whoever verifies compares it with a key
 * from elsewhere.
 */
import {
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  timestampImprintInput,
  decodeBase64,
  type Receipt,
} from '@cunzheng/receipt';
import { parseOrigin } from '@cunzheng/ledger';
import { type CryptoSuite } from '@cunzheng/crypto';
import { formatCertificates, formatPem, type Files } from './evidence-files.js';

/** The key that the log's own signature names, as the log gives it. */
export const CLAIMED_KEY = 'claimed-log-key.pem';

const encoder = new TextEncoder();

/** `checkpoints/<log>-<size>`. */
export function checkpointFolder({ checkpoint }: Receipt): string {
  const { origin, treeSize } = parseCheckpoint(parseNote(checkpoint).text);
  return `checkpoints/${parseOrigin(origin).name}-${treeSize}`;
}

/** `vkeys`: the verifier keys that the log claims. */
export function checkpointFiles(crypto: CryptoSuite, receipt: Receipt, vkeys: readonly string[]): Files {
  const { text, signatures } = parseNote(receipt.checkpoint);
  const [first] = signatures;
  const key = vkeys
    .map((vkey) => parseVerifierKey(crypto, vkey))
    .find(({ name, keyHash }) => name === first?.name && keyHash === first.keyHash);
  return [
    ['note.txt', encoder.encode(receipt.checkpoint)],
    ['signed.txt', encoder.encode(text)],
    ...(first ? [['log.sig', first.signature] as const] : []),
    ...(key ? [[CLAIMED_KEY, encoder.encode(formatPem('PUBLIC KEY', key.publicKey.spki))] as const] : []),
    ['stamped.bin', timestampImprintInput(receipt.checkpoint)],
    ...timestampFiles(receipt),
  ];
}

/** Tokens over the checkpoint; those that renew other tokens are in the receipt alone. */
function timestampFiles({ timestamps }: Receipt): Files {
  return timestamps
    .filter(({ over }) => over === 'checkpoint')
    .flatMap(({ token, certificates }, index): Files => [
      [`timestamp-${index}.tst`, decodeBase64(token) ?? new Uint8Array()],
      [`timestamp-${index}.chain.pem`, encoder.encode(formatCertificates(certificates))],
    ]);
}
