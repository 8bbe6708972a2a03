/** Certificates read back with other people's tools: text, attachment, fonts and what is seen on the page (poppler). */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractReceipt, type VerificationReport } from '@cunzheng/receipt';
import { describeWithTool } from '@test/tools.js';
import { exampleReceipt, exampleReport } from '../../../apps/api/src/openapi/examples.js';
import { CERTIFICATE_LANGUAGES, formatCertificate, type CertificateLanguage } from '../src/index.js';
import { loadFonts } from '../src/fonts.js';
import { formatPrintable, truncate } from '../src/printable.js';

const report = exampleReport as unknown as VerificationReport;
const operator = { name: '示例公证处', creditCode: '91110000100000000X', filingNumber: '京ICP备00000000号' };

function certificate(language: CertificateLanguage, name = operator.name): Promise<Buffer> {
  return formatCertificate({
    receipt: exampleReceipt,
    report,
    operator: { ...operator, name },
    language,
    pageUrl: 'https://notary.example/',
  });
}

describe('certificate', () => {
  test('the same receipt gives the same bytes', async () => {
    expect((await certificate('zh-en')).equals(await certificate('zh-en'))).toBe(true);
  });

  test('the receipt is attached byte for byte and found again without a PDF reader', async () => {
    expect(extractReceipt(await certificate('zh'))).toBe(exampleReceipt);
  });

  test('a file with two receipts, with none, or cut short gives none', async () => {
    const pdf = await certificate('en');
    expect(extractReceipt(Buffer.concat([pdf, pdf]))).toBeUndefined();
    expect(extractReceipt(Buffer.from('%PDF-1.7'))).toBeUndefined();
    const end = pdf.indexOf('/Subtype /application#2Fvnd.cunzheng.receipt+json') + 200;
    expect(extractReceipt(pdf.subarray(0, end))).toBeUndefined();
  });

  test('characters without a glyph and those that hide or reorder text are spelt out', () => {
    const { glyphs } = loadFonts();
    expect(formatPrintable('王小明 Wang', glyphs)).toBe('王小明 Wang');
    expect(formatPrintable('a\u202Eb\u0000\uE000\u{2A6D6}x', glyphs)).toBe(
      'a[U+202E]b[U+0000][U+E000][U+2A6D6]x',
    );
    expect(glyphs.has(0x2a6d6)).toBe(false);
    expect(truncate('一二三四', 3, '…')).toBe('一二三…');
  });
});

describeWithTool('pdftotext', 'certificate as seen by poppler', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cunzheng-certificate-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function write(name: string, language: CertificateLanguage, operatorName?: string): Promise<string> {
    const path = join(folder, `${name}.pdf`);
    writeFileSync(path, await certificate(language, operatorName));
    return path;
  }
  const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8' });
  /** The first page as gray pixels. */
  function rasterise(pdf: string): Buffer {
    const prefix = pdf.replace(/\.pdf$/, '');
    run('pdftoppm', '-gray', '-r', '100', '-f', '1', '-l', '1', '-singlefile', pdf, prefix);
    return readFileSync(`${prefix}.pgm`);
  }

  test.each(CERTIFICATE_LANGUAGES)('%s: what a court asks for stands on it', async (language) => {
    const text = run('pdftotext', '-layout', await write(`text-${language}`, language), '-').replaceAll(
      /\s+/g,
      ' ',
    );
    for (const fact of [
      operator.name,
      operator.creditCode,
      operator.filingNumber,
      '01a1f787-240a-737b-bea5-1de40185c708',
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      '张三',
      '2026-11-20 05:56:31.370 UTC',
      '2026-11-20 13:56:31.370',
      'notary.example/logs/main',
      createHash('sha256').update(exampleReceipt).digest('hex'),
    ])
      expect(text).toContain(fact);
    expect(text.includes('存证证书')).toBe(language !== 'en');
    expect(text.includes('What this certificate does not say')).toBe(language !== 'zh');
  });

  test('the attachment is the receipt', async () => {
    const pdf = await write('attached', 'zh');
    const out = join(folder, 'receipt.json');
    run('pdfdetach', '-save', '1', '-o', out, pdf);
    expect(readFileSync(out, 'utf8')).toBe(exampleReceipt);
  });

  test('every font is embedded', async () => {
    const lines = run('pdffonts', await write('fonts', 'zh-en'))
      .trim()
      .split('\n')
      .slice(2);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/NotoSansSC.*\s+yes\s+yes\s+(yes|no)\s+\d+/);
  });

  test('Chinese characters leave ink: other names look otherwise, and a rare one is no blank', async () => {
    const [one, two, rare, blank] = await Promise.all([
      write('one', 'zh', '张三'),
      write('two', 'zh', '李四'),
      write('rare', 'zh', '\u{2A6D6}\u{2A6D5}'),
      write('blank', 'zh', '\u3000\u3000'),
    ]);
    const images = [one, two, rare, blank].map(rasterise);
    expect(new Set(images.map((image) => image.toString('base64'))).size).toBe(4);
    const ink = (image: Buffer): number => image.reduce((sum, gray) => sum + 255 - gray, 0);
    const [, , rareImage, blankImage] = images as [Buffer, Buffer, Buffer, Buffer];
    for (const image of images.slice(0, 3)) expect(ink(image)).toBeGreaterThan(ink(blankImage) + 255 * 10);
    expect(run('pdftotext', rare, '-')).toContain('[U+2A6D6][U+2A6D5]');
    expect(rareImage.length).toBe(blankImage.length);
  });
});
