/** What goes to the court: a printed certificate with the receipt inside, and one package with everything in it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCommand, runForJson } from '../cunzheng.js';
import { type Stage } from '../stage.js';
import { type Firm } from './03-who-takes-part.js';
import { type NotarizedDocument, type Receipts } from './04-notarize.js';

/** Paths from the output folder. */
export interface CourtFiles {
  readonly certificate: string;
  readonly package: string;
}

export async function prepareForCourt(
  stage: Stage,
  firm: Firm,
  { contract, claim }: Receipts,
): Promise<CourtFiles> {
  const { story } = stage;
  story.chapter('For the court 呈交法院');
  const certificate = await printCertificate(stage, firm, contract);
  const container = await makePackage(stage, firm, [contract, claim]);
  return { certificate, package: container };
}

async function printCertificate(stage: Stage, firm: Firm, { id }: NotarizedDocument): Promise<string> {
  const { story, outputDir } = stage;
  story.say(
    'A certificate (存证证书) is a receipt for people: a PDF in Chinese or English, with the receipt inside.',
  );
  const args = ['certificate', id, '--lang', 'zh-en', '--out', 'certificate.pdf'];
  const { certificate } = (await runForJson(stage, args, { env: firm.env })) as { certificate: string };
  story.quote(formatCommand(args));
  const bytes = readFileSync(join(outputDir, certificate));
  story.expect(
    bytes.subarray(0, 5).toString('latin1') === '%PDF-',
    `${certificate}, ${Math.round(bytes.length / 1_000)} kB`,
  );
  return certificate;
}

async function makePackage(
  stage: Stage,
  firm: Firm,
  documents: readonly NotarizedDocument[],
): Promise<string> {
  const { story, outputDir } = stage;
  story.say(
    '',
    'A list of evidence (证据目录) becomes one package: receipts, certificates, the verify page, and a README by which an',
    'expert repeats everything with openssl, sha256sum and unzip. The documents are added on the firm’s own machine:',
  );
  const items = documents.map(({ id, title }) => ({
    evidence: id,
    name: title,
    source: '兰律师事务所',
    purpose: '证明文件在存证时已存在，此后未改',
  }));
  writeFileSync(join(outputDir, 'list.json'), JSON.stringify({ title: '案件 2026-117', items }, null, 2));
  const request = ['package', '--list', 'list.json', '--out', 'receipts.asice'];
  await runForJson(stage, request, { env: firm.env });
  const paths = documents.map(({ path }) => path);
  const complete = ['package', 'receipts.asice', '--with', ...paths, '--out', 'case.asice'];
  const made = (await runForJson(stage, complete)) as { items: readonly { document?: string }[] };
  story.quote(formatCommand(request), formatCommand(complete));
  story.expect(
    made.items.length === documents.length && made.items.every(({ document }) => document !== undefined),
    `case.asice holds ${documents.length} pieces of evidence and their documents`,
  );
  return 'case.asice';
}
