/** Receipts as JSON, for the forger's hand: read, changed and written again as canonically as they came. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCanonical } from '@cunzheng/canonical-json';

/** The members that get forged; the others are kept as they are. */
export interface ReceiptJson {
  readonly block: { readonly hashes: readonly string[]; readonly header: string };
  readonly checkpoint: string;
  readonly disclosures: readonly string[];
  readonly inclusion: { readonly hashes: readonly string[]; readonly leafIndex: number };
  readonly record: string;
}

export function readReceiptJson(directory: string, path: string): ReceiptJson {
  return JSON.parse(readFileSync(join(directory, path), 'utf8')) as ReceiptJson;
}

/** Returns the new value, or the new text itself. */
export type ReceiptEdit = (receipt: ReceiptJson, text: string) => ReceiptJson | string;

/** Writes a changed copy of a receipt and gives its path. */
export function editReceipt(directory: string, from: string, to: string, edit: ReceiptEdit): string {
  const text = readFileSync(join(directory, from), 'utf8');
  const edited = edit(JSON.parse(text) as ReceiptJson, text);
  const forged = typeof edited === 'string' ? edited : formatCanonical(edited);
  if (forged === text) throw new Error(`the forgery ${to} changed nothing`);
  writeFileSync(join(directory, to), forged);
  return to;
}

/** What a receipt says in plain text: the record and what is disclosed of it, an envelope's statement included. */
export function readPlainText(receipt: ReceiptJson): string {
  return [
    receipt.record,
    ...receipt.disclosures.map((disclosure) => JSON.stringify(parseDisclosure(disclosure))),
  ]
    .map((text) =>
      text.replace(/"payload":"([^"]+)"/, (_, payload: string) =>
        Buffer.from(payload, 'base64').toString('utf8'),
      ),
    )
    .join('\n');
}

/** `base64url(J([salt, name, value]))`. */
export function parseDisclosure(disclosure: string): { readonly name: string; readonly value: unknown } {
  const [, name, value] = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8')) as [
    string,
    string,
    unknown,
  ];
  return { name, value };
}
