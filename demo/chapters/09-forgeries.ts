/** Seven ways to cheat, and the check that refuses each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { assertRefused, type Forgery } from '../forgery.js';
import {
  editReceipt,
  parseDisclosure,
  readReceiptJson,
  type ReceiptEdit,
  type ReceiptJson,
} from '../receipt-json.js';
import { type Stage } from '../stage.js';
import { CONTRACT } from './01-documents.js';
import { type Receipts } from './04-notarize.js';

const FORGED_CONTRACT = CONTRACT.replace('壹拾万元整（¥100,000）', '玖拾万元整（¥900,000）');

export async function showForgeries(stage: Stage, receipts: Receipts): Promise<void> {
  const { story } = stage;
  story.chapter('What happens to forgeries 篡改');
  story.say(
    'Somebody turns 100,000 yuan into 900,000 and tries everything to keep the receipt. Each attempt starts from the true',
    'contract and its true receipt; the files are in the folder forgeries/.',
    '',
  );
  for (const forgery of forge(stage, receipts)) await assertRefused(stage, forgery);
}

function forge(stage: Stage, { contract, claim }: Receipts): Forgery[] {
  mkdirSync(join(stage.outputDir, 'forgeries'));
  const document = 'forgeries/借款合同-2026-117.txt';
  writeFileSync(join(stage.outputDir, 'forgeries', '借款合同-2026-117.txt'), FORGED_CONTRACT);
  const receiptOf = (name: string, edit: ReceiptEdit): string =>
    editReceipt(stage.outputDir, contract.receipt, `forgeries/${name}.receipt.json`, edit);
  const changed = { document: contract.path, verdict: 'altered', exitCode: 1 } as const;
  return [
    {
      what: 'the document: 100,000 becomes 900,000',
      document,
      receipt: contract.receipt,
      check: 'document',
      verdict: 'other-document',
      exitCode: 1,
    },
    {
      ...changed,
      document,
      what: 'and the new fingerprints are put into the record',
      receipt: receiptOf('record', replaceFingerprints),
      check: 'inclusion',
    },
    {
      ...changed,
      what: 'the block header: a year older',
      receipt: receiptOf('header', backdateBlock),
      check: 'block',
    },
    {
      ...changed,
      what: 'the path to the log’s root: one digit',
      receipt: receiptOf('path', changePath),
      check: 'inclusion',
    },
    {
      what: 'the checkpoint: a larger tree',
      document: contract.path,
      receipt: receiptOf('checkpoint', enlargeTree),
      check: 'checkpoint',
      // Without a signed checkpoint there is nothing that the rest could be altered against.
      verdict: 'unverifiable',
      exitCode: 3,
    },
    {
      ...changed,
      what: 'the title: taken from the receipt of the statement of claim',
      receipt: receiptOf('disclosure', (receipt) =>
        swapTitle(receipt, readReceiptJson(stage.outputDir, claim.receipt)),
      ),
      check: 'disclosures',
    },
    {
      ...changed,
      what: 'one space too many in the receipt file',
      receipt: receiptOf('format', (_, text) => text.replace(':', ': ')),
      check: 'format',
    },
  ];
}

const replaceFingerprints: ReceiptEdit = (receipt) => {
  const record = JSON.parse(receipt.record) as { fingerprints: { algorithm: string; digest: string }[] };
  let text = receipt.record;
  for (const { algorithm, digest } of record.fingerprints) {
    text = text.replace(
      digest,
      Buffer.from(nativeCrypto.digest(algorithm).hash(Buffer.from(FORGED_CONTRACT))).toString('hex'),
    );
  }
  return { ...receipt, record: text };
};

const backdateBlock: ReceiptEdit = (receipt) => {
  const header = receipt.block.header.replace(
    /"createdAt":"(\d{4})/,
    (_, year) => `"createdAt":"${Number(year) - 1}`,
  );
  return { ...receipt, block: { ...receipt.block, header } };
};

const changePath: ReceiptEdit = (receipt) => {
  const [first = '', ...rest] = receipt.inclusion.hashes;
  const digit = first.startsWith('0') ? '1' : '0';
  return { ...receipt, inclusion: { ...receipt.inclusion, hashes: [digit + first.slice(1), ...rest] } };
};

/** The second line of a checkpoint is the size of the tree. */
const enlargeTree: ReceiptEdit = (receipt) => {
  const [origin = '', size = '', ...rest] = receipt.checkpoint.split('\n');
  return { ...receipt, checkpoint: [origin, String(Number(size) + 1), ...rest].join('\n') };
};

function swapTitle(receipt: ReceiptJson, other: ReceiptJson): ReceiptJson {
  const isTitle = (disclosure: string): boolean => parseDisclosure(disclosure).name === 'title';
  const title = other.disclosures.filter(isTitle);
  return {
    ...receipt,
    disclosures: [...receipt.disclosures.filter((one) => !isTitle(one)), ...title].sort(),
  };
}
