import { createHash } from 'node:crypto';
import { portableCrypto } from '@cunzheng/crypto';
import {
  BLOCK_FORMAT,
  type BlockHeader,
  formatBlockHeader,
  hashBlockHeader,
  LedgerError,
  NO_PREVIOUS_HASH,
  parseBlockHeader,
  treeSizeAfter,
} from '@cunzheng/ledger';

const header: BlockHeader = {
  batchRoot: 'ab'.repeat(32),
  count: 3,
  createdAt: '2025-01-01T00:00:00.000Z',
  firstIndex: 12,
  format: BLOCK_FORMAT,
  height: 2,
  log: 'log.example/logs/test',
  previous: 'cd'.repeat(32),
};

function codeOf(text: string | Uint8Array): string {
  try {
    parseBlockHeader(text);
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'no error';
}

const withMembers = (members: Record<string, unknown>): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries({ ...header, ...members }).sort(([a], [b]) => (a < b ? -1 : 1))),
  );

describe('block headers', () => {
  it('survive formatting and parsing', () => {
    const text = formatBlockHeader(header);
    expect(text).toBe(withMembers({}));
    expect(parseBlockHeader(text)).toEqual(header);
    expect(parseBlockHeader(new TextEncoder().encode(text))).toEqual(header);
    expect(treeSizeAfter(header)).toBe(16);
    expect(hashBlockHeader(portableCrypto, text)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it.each([
    ['not JSON', '{'],
    ['white space', ` ${formatBlockHeader(header)}`],
    [
      'another order',
      JSON.stringify({ ...header, batchRoot: header.batchRoot, aaa: undefined, log: header.log }).replace(
        '{"batchRoot"',
        '{"x":1,"batchRoot"',
      ),
    ],
    ['an array', '[]'],
    ['an unknown member', withMembers({ extra: 1 })],
    ['a missing member', withMembers({ log: undefined })],
    ['another format', withMembers({ format: 'cunzheng/block@v2' })],
    ['upper-case hex', withMembers({ batchRoot: 'AB'.repeat(32) })],
    ['a short hash', withMembers({ previous: 'cd'.repeat(31) })],
    ['no entries', withMembers({ count: 0 })],
    ['a negative count', withMembers({ count: -1 })],
    ['a count as text', withMembers({ count: '3' })],
    ['a tree above 2^53−1', withMembers({ firstIndex: Number.MAX_SAFE_INTEGER - 3 })],
    ['height 0 with leaves before it', withMembers({ height: 0, previous: NO_PREVIOUS_HASH })],
    ['height 0 with a predecessor', withMembers({ height: 0, firstIndex: 0 })],
    ['a later height at leaf 0', withMembers({ firstIndex: 0 })],
    ['a later height without predecessor', withMembers({ previous: NO_PREVIOUS_HASH })],
    ['too much text', withMembers({ log: 'a'.repeat(5000) })],
  ])('with %s are refused', (_, text) => {
    expect(codeOf(text)).toBe('header-invalid');
  });

  it.each([
    '2025-02-30T00:00:00.000Z',
    '2025-01-01T00:00:00Z',
    '2025-01-01T24:00:00.000Z',
    '2025-01-01T00:00:60.000Z',
  ])('created at %s are refused', (createdAt) => {
    expect(['time-invalid', 'header-invalid']).toContain(codeOf(withMembers({ createdAt })));
  });

  it.each([
    'log.example',
    'log.example/logs/',
    'Log.example/logs/a',
    'log.example/logs/-a',
    'a b/logs/c',
    '/logs/a',
  ])('of the origin %s are refused', (log) => {
    expect(codeOf(withMembers({ log }))).toBe('origin-invalid');
  });
});
