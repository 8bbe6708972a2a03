/**
 * Hostile bytes: no change of a valid receipt may make the verifier throw, and none may leave it `holds`, because every
 * byte of this receipt is covered: all witnesses are required and everything is disclosed.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { CHECK_NAMES, createVerifier, type VerificationReport } from '@cunzheng/receipt';
import fc from 'fast-check';

import { buildReceipt, buildTrust, documentFingerprints, TRUST_INPUT } from './build-receipt.js';

const trust = buildTrust({
  policy: {
    ...TRUST_INPUT.policy,
    groups: [{ name: 'all', threshold: 3, members: ['w1', 'w2', 'w3'] }],
    quorum: 'all',
  },
});
const verifier = createVerifier({ crypto: nativeCrypto, trust });
const { receipt } = buildReceipt();
const bytes = new TextEncoder().encode(receipt);
const document = documentFingerprints();

const verify = (mutated: Uint8Array): Promise<VerificationReport> => verifier.verify(mutated, { document });

type Mutation = (input: Uint8Array) => Uint8Array;
const at = fc.nat(bytes.length - 1);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(at, fc.nat(255)).map(
      ([i, byte]): Mutation =>
        (input) =>
          input.with(i, byte),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(at, fc.nat(7)).map(
      ([i, bit]): Mutation =>
        (input) =>
          input.with(i, input[i]! ^ (1 << bit)),
    ),
  },
  // A character that keeps JSON, hex and base64 alive reaches the deeper checks.
  {
    weight: 8,
    arbitrary: fc.tuple(at, fc.constantFrom(...Array.from('0123456789abcdefABCZ+/=_-", '))).map(
      ([i, character]): Mutation =>
        (input) =>
          input.with(i, character.charCodeAt(0)),
    ),
  },
  fc.tuple(at, fc.nat(40)).map(
    ([i, length]): Mutation =>
      (input) =>
        Uint8Array.of(...input.subarray(0, i), ...input.subarray(i + length)),
  ),
  fc.tuple(at, at).map(
    ([i, j]): Mutation =>
      (input) =>
        input.with(i, input[j]!).with(j, input[i]!),
  ),
  fc.tuple(at, fc.uint8Array({ maxLength: 8 })).map(
    ([i, extra]): Mutation =>
      (input) =>
        Uint8Array.of(...input.subarray(0, i), ...extra, ...input.subarray(i)),
  ),
);

describe('mutated receipts', () => {
  it('hold only unchanged', async () => {
    expect((await verify(bytes)).verdict).toBe('holds');
    await fc.assert(
      fc.asyncProperty(mutation, async (mutate) => {
        const mutated = mutate(bytes);
        const report = await verify(mutated);
        expect(report.verdict === 'holds').toBe(Buffer.compare(mutated, bytes) === 0);
        expect(report.checks.map(({ name }) => name)).toEqual(CHECK_NAMES);
        // A defect of ours would show as this reason.
        expect(report.checks.every(({ reason }) => reason?.code !== 'internal')).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it('never hold with one member changed to any other value', async () => {
    const paths = leaves(JSON.parse(receipt));
    const change = fc.tuple(
      fc.constantFrom(...paths),
      fc.oneof(fc.string(), fc.nat(), fc.constant([]), fc.constant({}), fc.constant(null)),
    );
    await fc.assert(
      fc.asyncProperty(change, async ([path, value]) => {
        const root: unknown = JSON.parse(receipt);
        const parent = path.slice(0, -1).reduce((node, key) => (node as Record<string, unknown>)[key], root);
        (parent as Record<string, unknown>)[path.at(-1)!] = value;
        const text = JSON.stringify(root);
        const report = await verify(new TextEncoder().encode(text));
        // Showing nothing is a holder's right.
        const withheld = path.join('.') === 'disclosures' && JSON.stringify(value) === '[]';
        expect(report.verdict === 'holds').toBe(withheld || text === receipt);
      }),
      { numRuns: 1000 },
    );
  });

  it('of random bytes are altered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (random) => {
        expect((await verify(random)).verdict).toBe('altered');
      }),
    );
  });
});

/** The paths of all values inside, containers included. */
function leaves(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
  return path.length === 0 ? inside : [path, ...inside];
}
