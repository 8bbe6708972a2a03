/** What a certificate says of signers: what the record states, and beside it what the verification found. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { verifyReceipt } from '@cunzheng/receipt';
import { buildReceipt, buildTrust, strangerKey } from '../../receipt/test/build-receipt.js';
import { describeCertificate } from '../src/sections.js';

test.each([
  ['signed with a registered key', {}],
  ['signature not confirmed', { signWith: strangerKey }],
])('a signer is printed as %s', async (found, options) => {
  const { receipt } = buildReceipt(options);
  const report = await verifyReceipt(receipt, { crypto: nativeCrypto, trust: buildTrust() });
  const { sections } = describeCertificate(receipt, report, undefined);
  const rows = sections.flatMap((section) => section.rows);
  const row = rows.find(({ label }) => typeof label !== 'string' && label.en === 'Found by the check');
  expect(row?.values).toEqual([expect.stringContaining(found)]);
});
