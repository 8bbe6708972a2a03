/** Fingerprints go in, receipts come out: plainly, for a file too large for memory, and by signed statement. */
import { basename } from 'node:path';
import { formatCommand, runForJson } from '../cunzheng.js';
import { type Service } from '../service.js';
import { readPlainText, readReceiptJson, type ReceiptJson } from '../receipt-json.js';
import { type Stage } from '../stage.js';
import { pad } from '../story.js';
import { CONTRACT, type Document, type Documents } from './01-documents.js';
import { type Firm } from './03-who-takes-part.js';

export interface NotarizedDocument extends Document {
  readonly id: string;
  /** From the output folder. */
  readonly receipt: string;
}

export interface Receipts {
  readonly all: readonly NotarizedDocument[];
  readonly contract: NotarizedDocument;
  /** One with a title of its own, for the forgeries. */
  readonly claim: NotarizedDocument;
}

interface Result {
  readonly id: string;
  readonly receipt: string;
  readonly sizeBytes: number;
  readonly fingerprints: readonly { readonly algorithm: string; readonly digest: string }[];
}

export async function notarizeDocuments(
  stage: Stage,
  service: Service,
  firm: Firm,
  documents: Documents,
): Promise<Receipts> {
  const { story } = stage;
  story.chapter('Notarize 存证');
  story.say(
    'Only fingerprints (指纹, 哈希值) are sent: 64 hexadecimal digits that no other bytes are known to have, and from which',
    'nobody can read the document back. The answer is a receipt (回执): proof that the record is in the log, under the',
    'log’s signature.',
    '',
  );
  const plain: NotarizedDocument[] = [];
  for (const document of documents.plain) plain.push(await notarize(stage, firm, document));
  story.say('', 'The recording is larger than 100 MB. It is read as a stream, never as a whole:');
  const recording = await notarize(stage, firm, documents.recording, ['--progress']);
  story.say(
    '',
    'The contract is notarized by a statement that Lawyer Lan signs (签名声明), so that it is known who stands behind it:',
  );
  const contract = await notarize(stage, firm, documents.contract, [
    '--key',
    firm.keyFile,
    '--organization',
    firm.organization,
  ]);
  const notarized = [...plain, recording, contract];
  const ids = new Set(notarized.map(({ id }) => id));
  story.say('');
  story.expect(
    ids.size === notarized.length && ids.size >= 5,
    `${ids.size} documents have a receipt of their own`,
  );
  story.expect(
    saysNothingOf(CONTRACT, readReceiptJson(stage.outputDir, contract.receipt)),
    'not a line of the contract stands in its receipt: the service never saw it',
  );
  story.expect(
    await isPrivate(service, contract),
    'without the firm’s key the service does not even say that a record exists',
  );
  return { all: notarized, contract, claim: find(plain, 'statement-of-claim.pdf') };
}

async function notarize(
  stage: Stage,
  firm: Firm,
  document: Document,
  extra: readonly string[] = [],
): Promise<NotarizedDocument> {
  const args = ['notarize', document.path, '--title', document.title, '--out', 'receipts', ...extra];
  stage.story.quote(formatCommand(args));
  const showProgress = extra.includes('--progress');
  const { results } = (await runForJson(stage, args, { env: firm.env, showProgress })) as {
    results: readonly Result[];
  };
  const [result] = results;
  if (!result) throw new Error(`no result for ${document.path}`);
  const sha256 = result.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')?.digest ?? '';
  stage.story.quote(
    `  ${pad(basename(document.path), 26)} sha-256 ${sha256.slice(0, 24)}…  record ${result.id}`,
  );
  return { ...document, id: result.id, receipt: result.receipt };
}

/** Whether a receipt says nothing that stands in the contract. */
function saysNothingOf(text: string, receipt: ReceiptJson): boolean {
  const said = readPlainText(receipt);
  return text.split('\n').every((line) => line === '' || !said.includes(line));
}

async function isPrivate(service: Service, { id }: NotarizedDocument): Promise<boolean> {
  const response = await fetch(`${service.url}/v1/evidence/${id}`);
  return response.status === 401;
}

function find(documents: readonly NotarizedDocument[], name: string): NotarizedDocument {
  const found = documents.find(({ path }) => basename(path) === name);
  if (!found) throw new Error(`no document ${name}`);
  return found;
}
