import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType } from '@cunzheng/ledger';
import { MerkleError } from '@cunzheng/merkle';
import {
  encodeBase64,
  formatTlogProof,
  parsePolicy,
  parseTlogProof,
  type Policy,
  type TlogProof,
  verifyTlogProof,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { buildReceipt, buildTrust, OPERATOR_ALONE, strangerKey, verifierKey } from './build-receipt.js';
import { FIXTURES_FOLDER } from './fixtures.js';
import { sha256 } from './naive-tree.js';
import { refusalCode } from './refusal.js';

/** The example of C2SP tlog-proof, elisions included. */
const EXAMPLE = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw[...]1roloI=
— witness1.example mJirIklj[...]qY9v2B/5bg==
— witness2.example TnKKVHLX[...]xwYwrSjgow==
— witness3.example S4X82uH5[...]3oEcROGLFQ==
`;

const { parts, record } = buildReceipt();
const proof: TlogProof = { ...parts.inclusion, checkpoint: parts.checkpoint };
const entry = computeEntry(nativeCrypto, EntryType.record, new TextEncoder().encode(record));
const leafHash = sha256(Uint8Array.of(0), entry);
const { policy } = buildTrust();
const read = (name: string): string => readFileSync(join(FIXTURES_FOLDER, name), 'utf8');

describe('the file', () => {
  it('of the specification is read and written back', () => {
    const parsed = parseTlogProof(EXAMPLE);
    expect(parsed.leafIndex).toBe(73894);
    expect(parsed.hashes).toHaveLength(5);
    expect(new TextDecoder().decode(parsed.extra!.subarray(0, 30))).toBe('age-v1.2.1-darwin-arm64.tar.gz');
    expect(parsed.checkpoint.split('\n')).toHaveLength(9);
    expect(formatTlogProof(parsed)).toBe(EXAMPLE);
  });

  it('is read back as written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const value = fc.record(
      {
        leafIndex: fc.maxSafeNat(),
        hashes: fc.array(hash, { maxLength: 64 }),
        checkpoint: fc.constantFrom(parts.checkpoint, 'x\n'),
        extra: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      },
      { requiredKeys: ['leafIndex', 'hashes', 'checkpoint'] },
    );
    fc.assert(
      fc.property(value, (given) => {
        expect(parseTlogProof(formatTlogProof(given))).toEqual(given);
      }),
    );
  });

  it('has no line for extra data that is empty', () => {
    expect(formatTlogProof({ ...proof, extra: new Uint8Array() })).toBe(formatTlogProof(proof));
    expect(formatTlogProof(proof)).toBe(read('record.tlog-proof'));
  });

  const good = formatTlogProof({ ...proof, extra: Uint8Array.of(1, 2, 3) });
  const hash = encodeBase64(new Uint8Array(32));
  const replace = (from: string | RegExp, to: string): string => {
    expect(good).toMatch(from);
    return good.replace(from, to);
  };
  it.each([
    ['nothing', ''],
    ['another version', replace('proof@v1', 'proof@v2')],
    ['a space behind the version', replace('@v1\n', '@v1 \n')],
    ['no index', replace('index 6\n', '')],
    ['an index with a leading zero', replace('index 6', 'index 06')],
    ['an index of 2^53', replace('index 6', 'index 9007199254740992')],
    ['a negative index', replace('index 6', 'index -1')],
    ['extra data behind the index', replace(/(extra .*\n)(index .*\n)/, '$2$1')],
    ['extra data twice', replace(/(extra .*\n)/, '$1$1')],
    ['empty extra data', replace('extra AQID', 'extra ')],
    ['extra data of no base64', replace('extra AQID', 'extra AQI')],
    ['a hash of 31 bytes', replace('index 6\n', `index 6\n${encodeBase64(new Uint8Array(31))}\n`)],
    ['a hash with trailing bits', replace('index 6\n', `index 6\n${hash.slice(0, -2)}B=\n`)],
    ['65 hashes', replace('index 6\n', `index 6\n${`${hash}\n`.repeat(61)}`)],
    ['carriage returns', good.replaceAll('\n', '\r\n')],
    ['no checkpoint', good.slice(0, good.indexOf('\n\n') + 2)],
    ['a checkpoint without newline', good.slice(0, -1)],
    ['a checkpoint too long', `${good}${'x'.repeat(262_144)}\n`],
  ])('with %s is refused', (_, text) => {
    expect(refusalCode(() => parseTlogProof(text))).toBe('tlog-proof-malformed');
  });

  it('is refused above its size limit, and cannot be written so', () => {
    expect(refusalCode(() => parseTlogProof('x'.repeat(524_289)))).toBe('tlog-proof-too-large');
    expect(refusalCode(() => formatTlogProof({ ...proof, leafIndex: 0.5 }))).toBe('tlog-proof-malformed');
    expect(refusalCode(() => formatTlogProof({ ...proof, hashes: [new Uint8Array(31)] }))).toBe(
      'tlog-proof-malformed',
    );
    expect(refusalCode(() => formatTlogProof({ ...proof, checkpoint: 'x' }))).toBe('tlog-proof-malformed');
  });
});

describe('verification', () => {
  it.each([nativeCrypto, portableCrypto])('establishes tree, leaf and quorum', (crypto) => {
    const trust = { policy: parsePolicy(crypto, read('policy')), keyWindows: [] };
    const verified = verifyTlogProof(crypto, trust, parseTlogProof(read('record.tlog-proof')), leafHash);
    expect(verified).toMatchObject({ origin: 'notary.example/logs/main', treeSize: 13, leafIndex: 6 });
    expect(verified.quorumSinceMs).toBe(Date.UTC(2026, 10, 20, 8, 1, 1));
    expect(verified.cosignatures).toHaveLength(3);
  });

  it('does not depend on extra data', () => {
    const extra = Uint8Array.of(1);
    expect(verifyTlogProof(nativeCrypto, { policy, keyWindows: [] }, { ...proof, extra }, leafHash)).toEqual(
      verifyTlogProof(nativeCrypto, { policy, keyWindows: [] }, proof, leafHash),
    );
  });

  it('without a quorum asked for says nothing of witnesses', () => {
    const alone = buildTrust(OPERATOR_ALONE);
    const verified = verifyTlogProof(nativeCrypto, alone, proof, leafHash);
    expect(verified.quorumSinceMs).toBeUndefined();
    expect(verified.cosignatures).toEqual([]);
  });

  const wrong: [what: string, code: string, change: { policy?: Policy; proof?: Partial<TlogProof> }][] = [
    ['another leaf index', 'root-mismatch', { proof: { leafIndex: 7 } }],
    ['a leaf index outside the tree', 'index-out-of-range', { proof: { leafIndex: 13 } }],
    ['a hash too few', 'proof-length', { proof: { hashes: proof.hashes.slice(1) } }],
    ['a hash too many', 'proof-length', { proof: { hashes: [...proof.hashes, leafHash] } }],
    [
      'another root',
      'note-signature-invalid',
      { proof: { checkpoint: parts.checkpoint.replace('\n13\n', '\n14\n') } },
    ],
    ['no note', 'note-malformed', { proof: { checkpoint: 'x\n' } }],
    [
      'one witness',
      'quorum-missing',
      { proof: { checkpoint: buildReceipt({ witnesses: [1] }).parts.checkpoint } },
    ],
    [
      'an unknown log',
      'note-unsigned',
      {
        policy: {
          ...buildTrust(OPERATOR_ALONE).policy,
          logs: [{ key: verifierKey('x', 'ed25519', strangerKey) }],
        },
      },
    ],
    ['witnesses alone', 'log-key-unknown', { policy: { ...policy, logs: [] } }],
  ];
  it.each(wrong)('with %s fails: %s', (_, code, change) => {
    const given = { ...proof, ...change.proof };
    const trust = { policy: change.policy ?? policy, keyWindows: [] };
    const run = (): unknown => verifyTlogProof(nativeCrypto, trust, given, leafHash);
    expect(codeOf(run)).toBe(code);
  });

  it('holds within the window of the log key and not outside of it', () => {
    const vkey = policy.logs[0]!.key.vkey;
    const run = (window: object): unknown =>
      verifyTlogProof(nativeCrypto, { policy, keyWindows: [{ vkey, ...window }] }, proof, leafHash);
    for (const window of [{ fromSize: 13 }, { toSize: 13 }, { fromSize: 1, toSize: 20 }])
      expect(run(window)).toMatchObject({ treeSize: 13 });
    for (const window of [{ fromSize: 14 }, { toSize: 12 }])
      expect(codeOf(() => run(window))).toBe('log-key-unknown');
  });

  it('of another leaf fails', () => {
    expect(
      codeOf(() => verifyTlogProof(nativeCrypto, { policy, keyWindows: [] }, proof, sha256(leafHash))),
    ).toBe('root-mismatch');
  });
});

function codeOf(run: () => unknown): string {
  try {
    return refusalCode(run);
  } catch (error) {
    if (error instanceof MerkleError) return error.code;
    throw error;
  }
}
