/** Draws a certificate: one column of sections on A4, labels left, values right, page numbers below. */
import { createHash } from 'node:crypto';
import QRCode from 'qrcode';
import { type CertificateInput } from './certificate-input.js';
import { type Fonts } from './fonts.js';
import { formatPrintable, truncate } from './printable.js';
import { type CertificateFacts, type Row, type Section, type Value } from './sections.js';
import { say, WORDS, type Wording } from './wording.js';

type Document = PDFKit.PDFDocument;

const INK = '#1b1f24';
const SOFT = '#5b6470';
const LINE = '#d5dae1';
const PANEL = '#f3f6fa';
const ACCENT = '#1f4e8c';
const LABEL_WIDTH = 138;
const QR_SIZE = 84;
const MAX_VALUE_CHARACTERS = 1_000;

/** Draws everything but the attachment. */
export async function drawCertificate(
  document: Document,
  fonts: Fonts,
  facts: CertificateFacts,
  input: CertificateInput,
): Promise<void> {
  document.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  const drawing = new Drawing(document, fonts, input);
  await drawing.head();
  drawing.claim();
  for (const section of facts.sections) drawing.section(section);
  drawing.list(WORDS.limits, WORDS.limitTexts);
  drawing.list(WORDS.verify, WORDS.verifySteps);
  drawing.footers(facts.recordId);
}

class Drawing {
  private readonly left: number;
  private readonly width: number;

  constructor(
    private readonly document: Document,
    private readonly fonts: Fonts,
    private readonly input: CertificateInput,
  ) {
    const { page } = document;
    this.left = page.margins.left;
    this.width = page.width - page.margins.left - page.margins.right;
  }

  async head(): Promise<void> {
    const { document, left, width } = this;
    const qr = await QRCode.toBuffer(this.input.pageUrl, { margin: 0, scale: 8, errorCorrectionLevel: 'M' });
    const top = document.y;
    document.image(qr, left + width - QR_SIZE, top, { width: QR_SIZE });
    const textWidth = width - QR_SIZE - 24;
    this.use('bold', 22, INK).text(this.say(WORDS.title), left, top, { width: textWidth });
    document.moveDown(0.3);
    this.use('regular', 8.5, SOFT).text(this.say(WORDS.subtitle), { width: textWidth });
    this.use('regular', 7.5, SOFT).text(this.print(this.input.pageUrl), { width: textWidth });
    document.y = Math.max(document.y, top + QR_SIZE) + 14;
  }

  /** The one sentence that matters, in a panel. */
  claim(): void {
    const { document, left, width } = this;
    const { claim, claimZh, verdict } = this.input.report;
    const lines = this.inLanguages({ en: claim, zh: claimZh });
    const heading = `${this.say(WORDS.claim)} · ${this.say(WORDS.verdict[verdict])}`;
    const inner = width - 32;
    this.use('regular', 10.5, INK);
    const height =
      38 +
      lines.reduce(
        (sum, line) => sum + document.heightOfString(this.print(line), { width: inner, lineGap: 2 }) + 4,
        0,
      );
    const top = document.y;
    document.rect(left, top, width, height).fill(PANEL).rect(left, top, 3, height).fill(ACCENT);
    this.use('bold', 9, ACCENT).text(heading, left + 16, top + 11, { width: inner });
    document.y = top + 28;
    for (const line of lines) {
      this.use('regular', 10.5, INK).text(this.print(line), left + 16, document.y, {
        width: inner,
        lineGap: 2,
      });
      document.y += 4;
    }
    document.y = top + height + 12;
  }

  section({ heading, rows, notes = [] }: Section): void {
    this.heading(heading);
    for (const row of rows) this.row(row);
    for (const note of notes) for (const line of this.inLanguages(note)) this.paragraph(line, 7.5, SOFT);
    this.document.y += 6;
  }

  list(heading: Wording, texts: readonly Wording[]): void {
    this.heading(heading);
    texts.forEach((text, index) => {
      for (const line of this.inLanguages(text)) this.paragraph(`${index + 1}. ${line}`, 8.5, INK);
    });
    this.document.y += 6;
  }

  footers(recordId: string): void {
    const { document, left, width } = this;
    const digest = createHash('sha256').update(this.input.receipt).digest('hex');
    const { count } = document.bufferedPageRange();
    for (let index = 0; index < count; index += 1) {
      document.switchToPage(index);
      // Text below the margin would start a new page.
      document.page.margins.bottom = 0;
      const top = document.page.height - 44;
      document
        .moveTo(left, top)
        .lineTo(left + width, top)
        .lineWidth(0.5)
        .strokeColor(LINE)
        .stroke();
      this.use('regular', 6.5, SOFT).text(`${recordId} · receipt.json SHA-256 ${digest}`, left, top + 6, {
        width: width - 30,
        lineBreak: false,
      });
      document.text(`${index + 1} / ${count}`, left, top + 6, { width, align: 'right', lineBreak: false });
    }
  }

  private heading(wording: Wording): void {
    const { document, left, width } = this;
    this.ensureRoom(46);
    this.use('bold', 11, ACCENT).text(this.say(wording), left, document.y, { width });
    const y = document.y + 2;
    document
      .moveTo(left, y)
      .lineTo(left + width, y)
      .lineWidth(0.5)
      .strokeColor(LINE)
      .stroke();
    document.y = y + 5;
  }

  private row({ label, values }: Row): void {
    const { document, left, width } = this;
    const text = values.map((value) => this.printValue(value)).join('\n');
    const valueWidth = width - LABEL_WIDTH - 10;
    this.use('regular', 9, INK);
    const labelText = this.printValue(label);
    const height = Math.max(
      document.heightOfString(labelText, { width: LABEL_WIDTH }),
      document.heightOfString(text, { width: valueWidth, lineGap: 1 }),
    );
    this.ensureRoom(Math.min(height, 400));
    const top = document.y;
    this.use('regular', 9, SOFT).text(labelText, left, top, { width: LABEL_WIDTH });
    const afterLabel = document.y;
    this.use('regular', 9, INK).text(text, left + LABEL_WIDTH + 10, top, { width: valueWidth, lineGap: 1 });
    document.y = Math.max(afterLabel, document.y) + 3;
  }

  private paragraph(text: string, size: number, color: string): void {
    this.ensureRoom(size * 3);
    this.use('regular', size, color).text(this.print(text), this.left, this.document.y, {
      width: this.width,
      lineGap: 1,
    });
    this.document.y += 2;
  }

  private ensureRoom(height: number): void {
    const { page, y } = this.document;
    if (y + height > page.height - page.margins.bottom) this.document.addPage();
  }

  private use(face: 'regular' | 'bold', size: number, color: string): Document {
    return this.document.font(face).fontSize(size).fillColor(color);
  }

  private say(wording: Wording): string {
    return say(wording, this.input.language);
  }

  /** One paragraph for each language asked for. */
  private inLanguages({ en, zh }: Wording): string[] {
    const { language } = this.input;
    if (language === 'zh-en') return [zh, en];
    return [language === 'zh' ? zh : en];
  }

  private printValue(value: Value): string {
    if (typeof value !== 'string') return this.print(this.say(value));
    return this.print(truncate(value, MAX_VALUE_CHARACTERS, this.say(WORDS.truncated)));
  }

  private print(text: string): string {
    return formatPrintable(text, this.fonts.glyphs);
  }
}
