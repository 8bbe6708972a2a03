/** The documents of the case: different kinds, different sizes, one with a Chinese name, one too large for memory. */
import { copyFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatPdf } from '../files/pdf.js';
import { formatPng } from '../files/png.js';
import { writeRecording } from '../files/recording.js';
import { ROOT, type Stage } from '../stage.js';
import { pad } from '../story.js';

const RECORDING_MB = 128;

export interface Document {
  /** As commands name it: from the output folder, or absolute. */
  readonly path: string;
  readonly title: string;
  readonly kind: string;
}

export interface Documents {
  /** Notarized as they are. */
  readonly plain: readonly Document[];
  /** Notarized by signed statement. */
  readonly contract: Document;
  readonly recording: Document;
}

export const CONTRACT = `借款合同（编号 2026-117）

甲方（出借人）：北京某某科技有限公司
乙方（借款人）：张三

一、甲方向乙方出借人民币壹拾万元整（¥100,000）。
二、借款期限自 2026 年 3 月 1 日起至 2027 年 2 月 28 日止。
三、年利率为百分之三。
`;

export async function gatherDocuments(stage: Stage): Promise<Documents> {
  const { story, outputDir, workDir } = stage;
  story.say(
    'Cunzheng 存证: a demonstration',
    '',
    'A law firm wants to be able to prove, years from now, that its documents existed and have not been changed since',
    '(存证, evidence preservation) without handing them to anybody. Everything below really happens on this machine.',
    '',
    `  temporary data  ${workDir} (removed at the end)`,
    `  what stays      ${stage.show(outputDir)}`,
  );
  story.chapter('The documents 文件');
  mkdirSync(join(outputDir, 'documents'));
  const plain = [
    ...copyFromRepository(outputDir),
    save(
      outputDir,
      'chart.png',
      'Chart shown in the hearing',
      'picture',
      formatPng(320, 200, (x, y) => [x % 256, y, (x * y) % 256]),
    ),
    save(
      outputDir,
      'statement-of-claim.pdf',
      'Statement of claim',
      'PDF',
      formatPdf(['Statement of claim', 'Case 2026-117, filed 20 November 2026']),
    ),
  ];
  const contract = save(
    outputDir,
    '借款合同-2026-117.txt',
    '借款合同 2026-117',
    'Chinese text',
    Buffer.from(CONTRACT),
  );
  const recording = { path: join(workDir, 'recording.wav'), title: 'Recording of the call', kind: 'sound' };
  await writeRecording(recording.path, RECORDING_MB);
  for (const document of [...plain, contract, recording]) story.quote(describe(stage, document));
  return { plain, contract, recording };
}

function copyFromRepository(outputDir: string): Document[] {
  const wanted = [
    { name: 'package-lock.json', title: 'Parts list of the software', kind: 'JSON' },
    { name: 'README.md', title: 'Manual of the software', kind: 'text' },
    { name: 'LICENSE', title: 'Licence of the software', kind: 'text' },
  ];
  return wanted
    .filter(({ name }) => existsSync(join(ROOT, name)))
    .map(({ name, title, kind }) => {
      copyFileSync(join(ROOT, name), join(outputDir, 'documents', name));
      return { path: join('documents', name), title, kind };
    });
}

function save(outputDir: string, name: string, title: string, kind: string, bytes: Buffer): Document {
  const path = join('documents', name);
  writeFileSync(join(outputDir, path), bytes);
  return { path, title, kind };
}

function describe(stage: Stage, { path, title, kind }: Document): string {
  const { size } = statSync(path.startsWith('/') ? path : join(stage.outputDir, path));
  return `${pad(basename(path), 26)}${pad(kind, 14)}${size.toLocaleString('en').padStart(13)} bytes   ${title}`;
}
