/** PDF files given to the verify page: the page finds in each what `cunzheng verify` finds, however the file was made. */
import { extractReceipt } from '@cunzheng/receipt';
import { readCertificate } from '../src/intake/certificate-pdf.js';

const RECEIPT = '{"format":"cunzheng/receipt@v1"}';

const attachment = (subtype: string): string =>
  `<< /Type /EmbeddedFile /Subtype /${subtype} /Length ${RECEIPT.length} >>\nstream\n${RECEIPT}\nendstream\n`;
const OURS = attachment('application#2Fvnd.cunzheng.receipt+json');

async function kindsIn(pdf: string): Promise<string[]> {
  const found = await readCertificate(new File([pdf], 'given.pdf'));
  return found.map((one) => one.kind);
}

test.each([
  ['a certificate', OURS, ['receipt', 'document']],
  ['a receipt attached under another type', attachment('application#2Fjson'), []],
  ['two receipts, of which one would be the wrong one', OURS + OURS, []],
  ['no attachment', 'text', []],
  // Megabytes of beginnings that never end.
  ['beginnings of attachments alone', '/Type /EmbeddedFile '.repeat(400_000), []],
  ['beginnings of our attachment alone', OURS.slice(0, 70).repeat(100_000), []],
])('%s', async (_, body, kinds) => {
  const pdf = `%PDF-1.7\n${body}`;
  expect(await kindsIn(pdf)).toEqual(kinds);
  expect(extractReceipt(Buffer.from(pdf)) !== undefined).toBe(kinds.length > 0);
});
