/**
 * Receipts whose checkpoint carries cosignatures of both kinds: who counts towards the quorum, once each, and since when.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  cosignNote,
  formatVerifierKey,
  type NoteSignature,
  parsePolicy,
  signNote,
  type TrustFolderInput,
  type VerifierKey,
  verifyCheckpoint,
} from '@cunzheng/receipt';

import {
  type BuildOptions,
  buildReceipt,
  buildTrust,
  logVerifierKey,
  OPERATOR_ALONE,
  ORIGIN,
  verifierKey,
  witnessVerifierKeys,
} from './build-receipt.js';
import { mlDsaTestKey } from './ml-dsa-key.js';
import { refusalCode } from './refusal.js';
import { check, statuses, verify } from './verify-built.js';

const pqKeys = [mlDsaTestKey(11), mlDsaTestKey(12)];
const pq = pqKeys.map((key, i) => verifierKey(`witness.example/w${i + 1}`, 'subtree/v1', key));
const [ed1] = witnessVerifierKeys;
const operatorKey = mlDsaTestKey(13);
const operator = verifierKey(ORIGIN, 'subtree/v1', operatorKey);
const SECONDS = Date.UTC(2026, 10, 20, 8, 2) / 1000;

const cosign = (text: string, i: number, seconds = SECONDS): NoteSignature =>
  cosignNote(text, seconds, pq[i]!, (message) => pqKeys[i]!.sign(message));
const timeless = (text: string, i: number): NoteSignature =>
  signNote(text, pq[i]!, (message) => pqKeys[i]!.sign(message));
const operatorLine = (text: string): NoteSignature =>
  signNote(text, operator, (message) => operatorKey.sign(message));

/** `threshold` of these witnesses, called by letters. */
function trustOf(keys: readonly VerifierKey[], threshold: number, logs = [logVerifierKey]): TrustFolderInput {
  const witnesses = keys.map((key, i) => ({ name: 'abcdef'[i]!, key }));
  const group = { name: 'quorum-group', threshold, members: witnesses.map(({ name }) => name) };
  return {
    policy: { logs: logs.map((key) => ({ key })), witnesses, groups: [group], quorum: group.name },
  };
}

const report = (trust: TrustFolderInput, options: BuildOptions) =>
  verify(buildReceipt(options).receipt, { trust: buildTrust(trust) });
const lines =
  (...make: ((text: string) => NoteSignature)[]): NonNullable<BuildOptions['noteSignatures']> =>
  (signatures, text) => [...signatures, ...make.map((one) => one(text))];

describe('witnesses', () => {
  it('of both kinds make a quorum together', async () => {
    const made = await report(trustOf([ed1!, pq[0]!], 2), {
      witnesses: [0],
      noteSignatures: lines((text) => cosign(text, 0)),
    });
    expect(statuses(made)).toBe('PPP-PPPPPPPP');
    expect(check(made, 'witnesses').established).toEqual({
      witnesses: ['a', 'b'],
      cosignedAt: ['2026-11-20T08:01:00.000Z', '2026-11-20T08:02:00.000Z'],
      quorumSince: '2026-11-20T08:02:00.000Z',
    });
    expect(made.existedBy).toEqual({ time: '2026-11-20T08:02:00.000Z', according: 'witnesses' });
  });

  it('with ML-DSA-44 alone make a quorum', async () => {
    const made = await report(trustOf(pq, 2), {
      witnesses: [],
      noteSignatures: lines(
        (text) => cosign(text, 1, SECONDS + 1),
        (text) => cosign(text, 0),
      ),
    });
    expect(check(made, 'witnesses').established).toEqual({
      witnesses: ['b', 'a'],
      cosignedAt: ['2026-11-20T08:02:01.000Z', '2026-11-20T08:02:00.000Z'],
      quorumSince: '2026-11-20T08:02:01.000Z',
    });
  });

  it('count once, however often a key cosigned, at their earliest', async () => {
    const twice = lines(
      (text) => cosign(text, 0, SECONDS + 5),
      (text) => cosign(text, 0),
    );
    const alone = await report(trustOf(pq, 2), { witnesses: [], noteSignatures: twice });
    expect(check(alone, 'witnesses')).toMatchObject({
      status: 'failed',
      reason: { code: 'quorum-missing' },
      established: { witnesses: ['a'] },
    });
    const enough = await report(trustOf(pq, 1), { witnesses: [], noteSignatures: twice });
    expect(check(enough, 'witnesses').established['quorumSince']).toBe('2026-11-20T08:02:00.000Z');
  });

  it('that do not say when do not count', async () => {
    const made = await report(trustOf(pq, 1), {
      witnesses: [],
      noteSignatures: lines((text) => timeless(text, 0)),
    });
    expect(check(made, 'witnesses')).toMatchObject({
      status: 'failed',
      reason: { code: 'quorum-missing' },
      established: { witnesses: [] },
    });
    expect(made.existedBy).toBeUndefined();
  });

  it('from the future are shown as they are', async () => {
    const made = await report(trustOf(pq, 1), {
      witnesses: [],
      noteSignatures: lines((text) => cosign(text, 0, Date.UTC(2999, 0, 1) / 1000)),
    });
    expect(made).toMatchObject({
      verdict: 'holds',
      existedBy: { time: '2999-01-01T00:00:00.000Z', according: 'witnesses' },
    });
  });

  it('before the block fail the time, not the quorum', async () => {
    const made = await report(trustOf(pq, 1), {
      witnesses: [],
      noteSignatures: lines((text) => cosign(text, 0, 1)),
    });
    expect(check(made, 'witnesses').status).toBe('passed');
    expect(check(made, 'time').reason?.code).toBe('block-after-existence');
  });

  it('with a bad line refuse the checkpoint, if they are known', async () => {
    const bad = lines((text) => ({ ...cosign(text, 0), signature: cosign(text, 1).signature }));
    const known = await report(trustOf(pq, 1), { witnesses: [], noteSignatures: bad });
    expect(check(known, 'checkpoint').reason?.code).toBe('note-signature-invalid');
    const unknown = await report(OPERATOR_ALONE, { witnesses: [], noteSignatures: bad });
    expect(unknown.verdict).toBe('holds');
  });
});

describe("the operator's second signature", () => {
  const signed: BuildOptions = { witnesses: [], noteSignatures: lines(operatorLine) };

  it('is ignored by who does not know its key', async () => {
    expect((await report(OPERATOR_ALONE, signed)).verdict).toBe('holds');
  });

  it('counts for the log and for no witness', async () => {
    const logs = [logVerifierKey, operator];
    const made = await report(
      { policy: { ...OPERATOR_ALONE.policy, logs: logs.map((key) => ({ key })) } },
      signed,
    );
    expect(check(made, 'checkpoint').established['logKeys']).toEqual(logs.map(({ vkey }) => vkey));
    const witnessed = await report(trustOf([ed1!], 1, logs), signed);
    expect(check(witnessed, 'witnesses').reason?.code).toBe('quorum-missing');
  });

  it("is told apart from witnesses' lines", () => {
    const { policy } = buildTrust(trustOf([ed1!, pq[0]!], 2, [logVerifierKey, operator]));
    const { parts } = buildReceipt({
      witnesses: [0],
      noteSignatures: lines(operatorLine, (text) => cosign(text, 0)),
    });
    const { logKeys, cosignatures } = verifyCheckpoint(nativeCrypto, policy, parts.checkpoint);
    expect(logKeys.map(({ vkey }) => vkey)).toEqual([logVerifierKey.vkey, operator.vkey]);
    expect(cosignatures.map(({ key }) => key.vkey)).toEqual([ed1!.vkey, pq[0]!.vkey]);
  });

  it('vouches for the log alone, in its window', async () => {
    const policy = { ...OPERATOR_ALONE.policy, logs: [{ key: operator }] };
    expect((await report({ policy }, signed)).verdict).toBe('holds');
    const keyWindows = [{ vkey: operator.vkey, toSize: 12 }];
    expect(check(await report({ policy, keyWindows }, signed), 'checkpoint').reason?.code).toBe('key-window');
  });

  it('does not make a witness of the log', async () => {
    const made = await report(trustOf([operator], 1), signed);
    expect(check(made, 'witnesses').reason?.code).toBe('quorum-missing');
  });
});

describe('a policy', () => {
  const parse = (text: string) => parsePolicy(nativeCrypto, text);

  it('takes ML-DSA-44 for logs and witnesses, and one operator with two keys as one vote', () => {
    const policy = parse(
      `log ${logVerifierKey.vkey}\nlog ${operator.vkey}\nwitness a ${ed1!.vkey}\nwitness b ${pq[0]!.vkey}\n` +
        'group w1 any a b\nquorum w1\n',
    );
    expect(policy.logs.map(({ key }) => key.type)).toEqual(['ed25519', 'subtree/v1']);
    expect(policy.witnesses.map(({ key }) => key.type)).toEqual(['cosignature/v1', 'subtree/v1']);
  });

  it.each([
    ['a key for log and witness', `log ${operator.vkey}\nwitness a ${operator.vkey}\nquorum a`],
    ['a key for witness and log', `witness a ${operator.vkey}\nlog ${operator.vkey}\nquorum a`],
    ['a key of two witnesses', `witness a ${pq[0]!.vkey}\nwitness b ${renamed()}\nquorum a`],
  ])('with %s is refused', (_, text) => {
    expect(refusalCode(() => parse(text))).toBe('policy-duplicate');
  });

  it('tells keys apart by their role', () => {
    expect(refusalCode(() => parse(`log ${ed1!.vkey}\nquorum none`))).toBe('policy-key');
    expect(refusalCode(() => parse(`witness a ${logVerifierKey.vkey}\nquorum a`))).toBe('policy-key');
  });
});

function renamed(): string {
  return formatVerifierKey(nativeCrypto, 'other.example', 'subtree/v1', pqKeys[0]!.raw);
}
