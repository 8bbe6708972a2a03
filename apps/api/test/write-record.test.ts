/** The intake's fast record writer against the general one, and rows against what was stored in them. */
import fc from 'fast-check';
import { createRandomPool } from '../src/evidence/random-pool.js';
import { type EvidenceParts } from '../src/evidence/evidence-parts.js';
import {
  decodeContent,
  decodeFingerprints,
  orderMembers,
  type KeyDetails,
} from '../src/evidence/evidence-row.js';
import { formatAcceptedResource, toAcceptedResource } from '../src/evidence/evidence-resource.js';
import { fixRecord, rebuildRecord } from '../src/evidence/fix-record.js';
import { openEvidence, ValueCipher } from '@cunzheng/persistence';
import { createSecretKey, randomBytes } from 'node:crypto';

const secret = createSecretKey(randomBytes(32));
const random = createRandomPool();
const values = new ValueCipher({ keys: new Map([[1, secret]]), newest: 1, lookup: secret }, random);
const LOG = { origin: 'evidence.example/logs/test', service: 'evidence.example' };

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));

/** Any text the canonical domain allows. */
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  // eslint-disable-next-line no-control-regex -- the domain forbids it
  .filter((value) => !/[\u0000\p{Surrogate}\p{Noncharacter_Code_Point}]/u.test(value));

const fingerprints = fc
  .uniqueArray(
    fc.constantFrom(
      'sha-256' as const,
      'sha-384' as const,
      'sha-512' as const,
      'sha3-256' as const,
      'sm3' as const,
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .chain((algorithms) => {
    const bytes = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64, 'sha3-256': 32, sm3: 32 };
    return fc.tuple(
      ...algorithms.sort().map((algorithm) => hex(bytes[algorithm]).map((digest) => ({ algorithm, digest }))),
    );
  });

const members = fc
  .record(
    {
      title: text,
      mediaType: fc.constant('application/pdf'),
      sizeBytes: fc.nat(),
      clientRef: text,
      metadata: fc.uniqueArray(fc.record({ name: text, value: text }), {
        minLength: 1,
        maxLength: 5,
        selector: ({ name }) => name,
      }),
      provenance: text,
    },
    { requiredKeys: [] },
  )
  .map(orderMembers);

const identity = fc.record(
  {
    name: text,
    identifiers: fc.array(fc.record({ scheme: text, value: text }), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['name'] },
);

const key: KeyDetails = {
  key: 7,
  signer: '00000000-0000-4000-8000-000000000007',
  alg: 'ed25519',
  keyid: 'ab'.repeat(32),
  spki: Buffer.alloc(44, 1),
  identity: { name: '张三' },
};

const signing: fc.Arbitrary<EvidenceParts['signing']> = fc.oneof(
  fc.array(identity, { maxLength: 3 }).map((signers) => ({ by: 'platform' as const, signers })),
  fc.tuple(hex(16), hex(64), fc.option(text, { nil: undefined })).map(([nonce, sig, role]) => ({
    by: 'envelope' as const,
    createdAt: '2026-11-20T08:00:00.000Z',
    nonce,
    signers: [{ ...key, role, sig: Buffer.from(sig, 'hex') }],
  })),
);

const parts = fc.record({
  clockBoundMs: fc.option(fc.nat(), { nil: undefined }),
  organization: fc.constant('dacheng-law'),
  fingerprints,
  members,
  signing,
}) as fc.Arbitrary<EvidenceParts>;

test('a record written fast is the record that the general code makes of the stored row', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 4e12 }), (given, nowMs) => {
      const { record, evidence } = fixRecord(given, 1, LOG, nowMs, { random, values });
      const { row } = evidence;
      const columns = { secrets: Buffer.alloc(0), client_ref: null, content: Buffer.from(row.content) };
      const opened = openEvidence(values, 1, row.id, columns);
      const read: EvidenceParts = {
        organization: given.organization,
        fingerprints: decodeFingerprints(Buffer.from(row.fingerprints)),
        ...decodeContent(opened.content, opened.clientRef, new Map([[key.key, key]])),
      };
      const rebuilt = rebuildRecord(read, row.id, opened.secrets, LOG);
      expect(rebuilt.record).toBe(record.record);
      expect(rebuilt.disclosures).toEqual(record.disclosures);
      expect(rebuilt.acceptedAt).toBe(record.acceptedAt);
      expect(Buffer.from(rebuilt.entry).equals(record.entry)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('an answer put together is the answer stringified', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const { record } = fixRecord(given, 1, LOG, 1_795_161_600_000, { random, values });
      const { clientRef } = given.members;
      expect(formatAcceptedResource(record, clientRef)).toBe(
        JSON.stringify(toAcceptedResource(record, clientRef)),
      );
    }),
  );
});

test('random portions are never given out twice', () => {
  const portions = Array.from({ length: 20_000 }, () => random(16).toString('hex'));
  expect(new Set(portions).size).toBe(portions.length);
});
