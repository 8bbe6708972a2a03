/**
 * The certificate (存证证书): a receipt and its verification, printed for people, with the receipt attached to the file
 * byte for byte (ISO 32000-1 §7.11.4). It derives from the receipt and never replaces it. The same input gives the same
 * bytes: the file's date is that of the block, and nothing else about it depends on when or where it is made.
 */
import PDFDocument from 'pdfkit';
import { type CertificateInput } from './certificate-input.js';
import { drawCertificate } from './draw-certificate.js';
import { loadFonts } from './fonts.js';
import { describeCertificate } from './sections.js';
import { say, WORDS } from './wording.js';

/** The name of the attachment. */
export const RECEIPT_FILE_NAME = 'receipt.json';

/** The PDF file. @throws ReceiptError for a receipt that cannot be parsed. */
export async function formatCertificate(input: CertificateInput): Promise<Buffer> {
  const facts = describeCertificate(input.receipt, input.report, input.operator);
  const date = new Date(facts.createdAt);
  const document = new PDFDocument({
    size: 'A4',
    margins: { top: 56, bottom: 64, left: 56, right: 56 },
    pdfVersion: '1.7',
    subset: 'PDF/A-3b',
    bufferPages: true,
    lang: input.language === 'en' ? 'en' : 'zh-CN',
    displayTitle: true,
    font: null as never,
    info: {
      Title: `${say(WORDS.title, input.language)} ${facts.recordId}`,
      Producer: 'Cunzheng',
      Creator: 'Cunzheng',
      CreationDate: date,
      ModDate: date,
    },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const written = new Promise((resolve) => document.once('end', resolve));
  await drawCertificate(document, loadFonts(), facts, input);
  attachReceipt(document, input.receipt, date);
  document.end();
  await written;
  return Buffer.concat(chunks);
}

/** Uncompressed, so that a program finds the receipt without being a PDF reader. */
function attachReceipt(document: PDFKit.PDFDocument, receipt: string, date: Date): void {
  const { compress } = document;
  document.compress = false;
  document.file(Buffer.from(receipt), {
    name: RECEIPT_FILE_NAME,
    type: 'application/vnd.cunzheng.receipt+json',
    relationship: 'Source',
    creationDate: date,
    modifiedDate: date,
    description: 'Cunzheng receipt',
  } as PDFKit.Mixins.PDFAttachmentOptions);
  document.compress = compress;
}
