import { formatCanonical } from '@cunzheng/canonical-json';
import { formatReceipt, parseReceipt, type Receipt, type ReceiptTimestamp } from '@cunzheng/receipt';

import { buildReceipt } from './build-receipt.js';
import { refusal } from './refusal.js';

const timestamp: ReceiptTimestamp = {
  certificates: ['AAAA'],
  crls: ['AAAA'],
  ocsps: [],
  over: 'checkpoint',
  token: 'AAAA',
  type: 'rfc3161',
};
const { parts } = buildReceipt();
const receipt: Receipt = { ...parts, timestamps: [timestamp, { ...timestamp, over: 'timestamp', of: 0 }] };
const text = formatReceipt(receipt);

describe('receipt', () => {
  it('is read back as written, from text and bytes', () => {
    expect(parseReceipt(text)).toEqual(receipt);
    expect(parseReceipt(new TextEncoder().encode(text))).toEqual(receipt);
  });

  it('sorts the disclosures it is given', () => {
    expect(formatReceipt({ ...receipt, disclosures: receipt.disclosures.toReversed() })).toBe(text);
  });

  it('keeps record and header as the texts that are hashed', () => {
    const json = JSON.parse(text) as { record: string; block: { header: string } };
    expect(json.record).toBe(parts.record);
    expect(json.block.header).toBe(parts.block.header);
  });

  const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
  const change = (patch: Record<string, unknown>): string => formatCanonical({ ...json(), ...patch });
  const stamped = (patch: Record<string, unknown>): string =>
    change({ timestamps: [{ ...timestamp, ...patch }] });
  const hash = '0'.repeat(64);
  it.each([
    ['white space', `${text}\n`, 'receipt-not-canonical', ''],
    ['another version', change({ format: 'cunzheng/receipt@v2' }), 'receipt-version', '/format'],
    ['an unknown member', change({ treeSize: 13 }), 'receipt-members', '/treeSize'],
    ['a member of the wrong type', change({ record: {} }), 'receipt-type', '/record'],
    [
      'an unknown member of block',
      change({ block: { hashes: [], header: '{}', x: 1 } }),
      'receipt-members',
      '/block/x',
    ],
    [
      'a leaf index as text',
      change({ inclusion: { hashes: [], leafIndex: '1' } }),
      'receipt-type',
      '/inclusion/leafIndex',
    ],
    [
      '65 hashes',
      change({ inclusion: { hashes: Array(65).fill(hash), leafIndex: 1 } }),
      'receipt-value',
      '/inclusion/hashes',
    ],
    [
      'a hash of 31 bytes',
      change({ block: { hashes: ['00'], header: '{}' } }),
      'receipt-value',
      '/block/hashes',
    ],
    [
      'an upper-case hash',
      change({ block: { hashes: ['A'.repeat(64)], header: '{}' } }),
      'receipt-value',
      '/block/hashes',
    ],
    [
      'a hash that is no text',
      change({ block: { hashes: [1], header: '{}' } }),
      'receipt-value',
      '/block/hashes',
    ],
    ['unsorted disclosures', change({ disclosures: ['b', 'a'] }), 'receipt-value', '/disclosures'],
    ['a disclosure twice', change({ disclosures: ['a', 'a'] }), 'receipt-value', '/disclosures'],
    ['a disclosure that is no text', change({ disclosures: [1] }), 'receipt-type', '/disclosures'],
    ['129 disclosures', change({ disclosures: Array(129).fill('a') }), 'receipt-value', '/disclosures'],
    ['another kind of timestamp', stamped({ type: 'x' }), 'receipt-value', '/timestamps/0/type'],
    ['a timestamp over something else', stamped({ over: 'record' }), 'receipt-value', '/timestamps/0/over'],
    ['a token of no base64', stamped({ token: 'A' }), 'receipt-value', '/timestamps/0/token'],
    ['an empty token', stamped({ token: '' }), 'receipt-value', '/timestamps/0/token'],
    [
      'a certificate of no base64',
      stamped({ certificates: ['AAAA', '_'] }),
      'receipt-value',
      '/timestamps/0/certificates/1',
    ],
    ['a timestamp over itself', stamped({ over: 'timestamp', of: 0 }), 'receipt-value', '/timestamps/0/of'],
    [
      'a timestamp over one it does not name',
      stamped({ over: 'timestamp' }),
      'receipt-members',
      '/timestamps/0/of',
    ],
    ['a timestamp over checkpoint and timestamp', stamped({ of: 0 }), 'receipt-members', '/timestamps/0/of'],
  ])('with %s is refused', (_, value, code, path) => {
    expect(refusal(() => parseReceipt(value))).toEqual({ code, path });
  });
});
