/**
 * The example of docs/formats: a log that was opened, took two records and then a third. Everything in it follows from
 * the constants here; testdata holds it as it was when the formats were fixed, and must never change.
 */
import { createHash } from 'node:crypto';
import {
  computeEntry,
  createChain,
  buildBlock,
  EntryType,
  formatOpenEvent,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import { portableCrypto } from '@cunzheng/crypto';

export const exampleOrigin = 'log.example/logs/main';
export const exampleChain = createChain(portableCrypto, exampleOrigin);

const encoder = new TextEncoder();

/** C2SP signed-note: Ed25519 is algorithm 01, the key here is the bytes 00 … 1f. */
const publicKey = Buffer.from([0x01, ...Array(32).keys()]);
const keyId = createHash('sha256').update(`${exampleOrigin}\n`).update(publicKey).digest('hex').slice(0, 8);

export const exampleOpenEvent = formatOpenEvent({
  createdAt: '2025-01-01T00:00:00.000Z',
  log: exampleOrigin,
  operator: { name: '示例存证' },
  verifierKeys: [`${exampleOrigin}+${keyId}+${publicKey.toString('base64')}`],
});

/** Stand-ins for J(record): an entry hashes its body and does not look at it. */
export const exampleRecords = ['example record 1', 'example record 2', 'example record 3'];

export function exampleBlocks(): [VerifiedBlock, VerifiedBlock] {
  const [one, two, three] = exampleRecords.map((body) =>
    computeEntry(portableCrypto, EntryType.record, encoder.encode(body)),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  const zero = buildBlock(exampleChain, null, {
    createdAt: '2025-01-01T00:00:00.250Z',
    events: [exampleOpenEvent],
    entries: Buffer.concat([one, two]),
  });
  return [
    zero,
    buildBlock(exampleChain, zero.head, { createdAt: '2025-01-01T00:00:01.000Z', entries: three }),
  ];
}

/** Bytes as `xxd -g 4 -c 32` prints them, without the text column. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 32) {
    const words =
      Buffer.from(bytes.subarray(offset, offset + 32))
        .toString('hex')
        .match(/.{1,8}/g) ?? [];
    lines.push(`${offset.toString(16).padStart(8, '0')}: ${words.join(' ')}`);
  }
  return lines.join('\n');
}
