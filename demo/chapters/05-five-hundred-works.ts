/** A copyright platform: 500 pictures in one request, and the same request once more. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatPng } from '../files/png.js';
import { type Service } from '../service.js';
import { type Stage } from '../stage.js';
import { type Firm } from './03-who-takes-part.js';

const WORKS = 500;
const PARALLEL = 8;
const RECEIPT_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 100;

export interface Work {
  readonly path: string;
  readonly receipt: string;
}

interface BatchAnswer {
  readonly results: readonly {
    readonly status: number;
    readonly evidence?: { readonly id: string; readonly receipt: string };
  }[];
}

export async function notarizeWorks(stage: Stage, service: Service, firm: Firm): Promise<Work[]> {
  const { story } = stage;
  story.chapter('Five hundred works at once 批量存证');
  story.say(
    `A platform sends the fingerprints of ${WORKS} pictures in one request (POST /v1/evidence/batch).`,
  );
  const paths = drawWorks(stage.outputDir);
  const body = JSON.stringify({ items: paths.map(toItem) });
  const idempotencyKey = randomUUID();
  const before = performance.now();
  const first = await postBatch(service, firm, body, idempotencyKey);
  const elapsedMs = Math.round(performance.now() - before);
  const accepted = first.answer.results.filter(({ status }) => status === 202).length;
  story.expect(
    accepted === WORKS,
    `${accepted} accepted in ${elapsedMs} ms: from now on none of them can be lost`,
  );
  const second = await postBatch(service, firm, body, idempotencyKey);
  const isSame = JSON.stringify(second.answer) === JSON.stringify(first.answer);
  story.expect(
    second.replayed && isSame,
    'the same request sent twice, as after a broken connection, records nothing twice',
  );
  const works = await saveReceipts(stage, service, firm, paths, first.answer);
  story.expect(works.length === WORKS, `${works.length} receipts fetched`);
  return works;
}

/** Small pictures, no two alike. */
function drawWorks(outputDir: string): string[] {
  const directory = join(outputDir, 'documents', 'works');
  mkdirSync(directory);
  return Array.from({ length: WORKS }, (_, work) => {
    const path = join(directory, `work-${String(work + 1).padStart(3, '0')}.png`);
    writeFileSync(
      path,
      formatPng(16, 16, (x, y) => [work % 256, (x * 16 + work) % 256, (y * 16 + (work >> 8)) % 256]),
    );
    return path;
  });
}

function toItem(path: string, index: number): unknown {
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  return {
    fingerprints: [{ algorithm: 'sha-256', digest }],
    clientRef: `platform/work-${index + 1}`,
    mediaType: 'image/png',
  };
}

async function postBatch(
  service: Service,
  firm: Firm,
  body: string,
  idempotencyKey: string,
): Promise<{ answer: BatchAnswer; replayed: boolean }> {
  const headers = {
    ...authorization(firm),
    'content-type': 'application/json',
    'idempotency-key': idempotencyKey,
  };
  const response = await fetch(`${service.url}/v1/evidence/batch`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`the batch was refused (${response.status}): ${await response.text()}`);
  return {
    answer: (await response.json()) as BatchAnswer,
    replayed: response.headers.get('idempotency-replayed') === 'true',
  };
}

const authorization = (firm: Firm): Record<string, string> => ({
  authorization: `Bearer ${firm.env['CUNZHENG_API_KEY'] ?? ''}`,
});

async function saveReceipts(
  stage: Stage,
  service: Service,
  firm: Firm,
  paths: readonly string[],
  { results }: BatchAnswer,
): Promise<Work[]> {
  mkdirSync(join(stage.outputDir, 'receipts', 'works'), { recursive: true });
  const deadlineMs = performance.now() + RECEIPT_TIMEOUT_MS;
  const works: Work[] = [];
  const queue = results.entries();
  const fetchSome = async (): Promise<void> => {
    for (const [index, { evidence }] of queue) {
      const path = paths[index];
      if (!evidence || path === undefined) continue;
      const receipt = join(
        stage.outputDir,
        'receipts',
        'works',
        `work-${String(index + 1).padStart(3, '0')}.receipt.json`,
      );
      writeFileSync(receipt, await fetchReceipt(`${service.url}${evidence.receipt}`, firm, deadlineMs));
      works.push({ path, receipt });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, fetchSome));
  return works;
}

async function fetchReceipt(url: string, firm: Firm, deadlineMs: number): Promise<Buffer> {
  for (;;) {
    const response = await fetch(url, { headers: authorization(firm) });
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    const problem = await response.text();
    if (!problem.includes('receipt-pending') || performance.now() > deadlineMs)
      throw new Error(`no receipt: ${problem}`);
    await delay(POLL_INTERVAL_MS);
  }
}
