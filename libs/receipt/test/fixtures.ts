/**
 * The fixtures in testdata/: one example of each format, all of one receipt, made of fixed keys, nonces and times. The
 * pages under docs/formats quote them. `UPDATE_FIXTURES=1 npx jest libs/receipt/test/fixtures` writes them anew.
 */
import { formatCanonical } from '@cunzheng/canonical-json';
import { encodeBase64, formatTlogProof } from '@cunzheng/receipt';

import {
  buildReceipt,
  buildTrustFiles,
  DOCUMENT,
  logVerifierKey,
  signerKey,
  TRUST_INPUT,
} from './build-receipt.js';

export const FIXTURES_FOLDER = 'libs/receipt/testdata';

/** The trust that the fixtures are verified with: two of three witnesses, and a window for the log key. */
export const FIXTURE_TRUST = { ...TRUST_INPUT, keyWindows: [{ vkey: logVerifierKey.vkey, fromSize: 1 }] };

/** The texts of all fixtures by file name, without a newline that is not part of the format. */
export function fixtures(): Record<string, string> {
  const { receipt, record, disclosures, statement, envelope, parts } = buildReceipt();
  const trust = buildTrustFiles(FIXTURE_TRUST);
  return {
    'document.txt': DOCUMENT,
    'statement.json': statement,
    'envelope.json': formatCanonical(envelope),
    'record.json': record,
    'disclosure.txt': disclosures.find(({ name }) => name === 'title')!.disclosure,
    'checkpoint.txt': parts.checkpoint,
    'receipt.json': receipt,
    'record.tlog-proof': formatTlogProof({ ...parts.inclusion, checkpoint: parts.checkpoint }),
    policy: trust.policy,
    'trust.json': trust['trust.json'],
    'signer-key.pem': `-----BEGIN PUBLIC KEY-----\n${encodeBase64(signerKey.spki)}\n-----END PUBLIC KEY-----\n`,
  };
}
