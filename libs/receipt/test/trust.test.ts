import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  evaluateQuorum,
  formatPolicy,
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  type Policy,
  type PolicyGroup,
  type TrustFiles,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { logKey, logVerifierKey, TRUST_INPUT, verifierKey, witnessKeys } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { refusal, refusalCode } from './refusal.js';

const log = logVerifierKey.vkey;
const witnesses = Array.from({ length: 6 }, (_, i) =>
  verifierKey(`w${i}.example`, 'cosignature/v1', testKey(20 + i)),
);
const [x1, x2, x3, y1, y2, y3] = witnesses.map(({ vkey }) => vkey);

/** The example of C2SP tlog-policy, with keys, a comment, URLs and odd white space. */
const EXAMPLE = `
# An example
log ${log} https://log.example/

witness X1 ${x1!}
\twitness  X2\t${x2!}  https://w.example/
witness X3 ${x3!}
group X-witnesses 2 X1 X2 X3

witness Y1 ${y1!}
witness Y2 ${y2!}
witness Y3 ${y3!}
group Y-witnesses any Y1 Y2 Y3

  # both
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const parse = (text: string): Policy => parsePolicy(nativeCrypto, text);
const times = (...names: string[]): Map<string, number> => new Map(names.map((name, i) => [name, i + 1]));

describe('policy', () => {
  it('reads the example of the specification', () => {
    const policy = parse(EXAMPLE);
    expect(policy.logs.map(({ url }) => url)).toEqual(['https://log.example/']);
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
    expect(policy.groups.map(({ threshold }) => threshold)).toEqual([2, 1, 2]);
    expect(policy.quorum).toBe('X-and-Y');
  });

  it('is read back as written', () => {
    const policy = parse(EXAMPLE);
    // Keys hold more than their text: compare what is written.
    expect(formatPolicy(parse(formatPolicy(policy)))).toBe(formatPolicy(policy));
    expect(formatPolicy(policy)).toContain('group Y-witnesses any Y1 Y2 Y3\n');
  });

  it('may have no logs and no witnesses, and names that are not ASCII', () => {
    expect(parse('quorum none')).toEqual({ logs: [], witnesses: [], groups: [], quorum: 'none' });
    expect(parse(`witness 见证 ${x1!}\nquorum 见证\n`).quorum).toBe('见证');
  });

  it('takes 32 logs, 32 witnesses and 32 groups', () => {
    const lines = Array.from({ length: 32 }, (_, i) => [
      `log ${verifierKey(`log${i}`, 'ed25519', testKey(100 + i)).vkey}`,
      `witness w${i} ${verifierKey(`w${i}`, 'cosignature/v1', testKey(200 + i)).vkey}`,
      `group g${i} all w${i}`,
    ]).flat();
    expect(parse([...lines, 'quorum g31'].join('\n')).groups).toHaveLength(32);
  });

  const w = `witness a ${x1!}\nwitness b ${x2!}\n`;
  it.each([
    ['no quorum', `log ${log}`, 'policy-quorum'],
    ['two quorums', 'quorum none\nquorum none', 'policy-quorum'],
    ['an unknown keyword', 'quorum none\nlogs x', 'policy-line'],
    ['a keyword in capitals', 'Quorum none', 'policy-line'],
    ['a comment after an item', 'quorum none # really', 'policy-line'],
    ['a log without key', 'log\nquorum none', 'policy-line'],
    ['a log with two URLs', `log ${log} a b\nquorum none`, 'policy-line'],
    ['a witness without key', 'witness a\nquorum none', 'policy-line'],
    ['a bad key', `log ${log}x\nquorum none`, 'policy-key'],
    ['a witness key for a log', `log ${x1!}\nquorum none`, 'policy-key'],
    ['a log key for a witness', `witness a ${log}\nquorum a`, 'policy-key'],
    ['a log twice', `log ${log}\nlog ${log}\nquorum none`, 'policy-duplicate'],
    [
      'a log key under two names',
      `log ${log}\nlog ${verifierKey('other', 'ed25519', logKey).vkey}\nquorum none`,
      'policy-duplicate',
    ],
    ['a witness key under two names', `${w}witness c ${x1!}\nquorum a`, 'policy-duplicate'],
    ['a name twice', `${w}witness a ${x3!}\nquorum a`, 'policy-duplicate'],
    ['a group with the name of a witness', `${w}group a all b\nquorum a`, 'policy-duplicate'],
    ['a witness called none', `witness none ${x1!}\nquorum none`, 'policy-duplicate'],
    ['a group without members', `${w}group g all\nquorum g`, 'policy-line'],
    ['a group of nobody', `${w}group g 0 a b\nquorum g`, 'policy-group'],
    ['a group of more than all', `${w}group g 3 a b\nquorum g`, 'policy-group'],
    ['a threshold with a leading zero', `${w}group g 01 a b\nquorum g`, 'policy-group'],
    ['a member twice', `${w}group g 1 a a\nquorum g`, 'policy-group'],
    ['a member of two groups', `${w}group g any a\ngroup h any a b\nquorum h`, 'policy-group'],
    ['the member none', `${w}group g any none\nquorum g`, 'policy-undefined-name'],
    ['a group of itself', `${w}group g any a g\nquorum g`, 'policy-undefined-name'],
    ['a member defined later', `group g any a\n${w}quorum g`, 'policy-undefined-name'],
    ['a quorum defined later', `quorum a\n${w}`, 'policy-undefined-name'],
    ['a carriage return', 'quorum none\r\n', 'policy-character'],
    ['a control character in a comment', '# \u0007\nquorum none', 'policy-character'],
    ['DEL', '# \u007f\nquorum none', 'policy-character'],
    ['more than the limit', `quorum none\n#${'x'.repeat(262_144)}`, 'policy-too-large'],
  ])('with %s is refused', (_, text, code) => {
    expect(refusalCode(() => parse(text))).toBe(code);
  });

  it('names the line it refuses', () => {
    expect(() => parse('\n\nlog x\n')).toThrow(/^policy line 3: /);
  });
});

describe('quorum', () => {
  const policy = parse(EXAMPLE);

  it.each([
    [['X1', 'X2', 'Y1'], 3],
    [['Y2', 'X3', 'X1'], 3],
    [['Y2', 'X3', 'X1', 'X2', 'Y1'], 3],
    [['X1', 'X2', 'X3'], undefined],
    [['X1', 'Y1', 'Y2', 'Y3'], undefined],
    [[], undefined],
  ])('by %p, in this order, since %p', (names, since) => {
    expect(evaluateQuorum(policy, times(...names))).toEqual(
      since === undefined ? { satisfied: false } : { satisfied: true, sinceMs: since },
    );
  });

  it('of none is satisfied and vouches for no time', () => {
    expect(evaluateQuorum({ ...policy, quorum: 'none' }, times('X1'))).toEqual({ satisfied: true });
  });

  it('of one witness is that witness', () => {
    expect(evaluateQuorum({ ...policy, quorum: 'Y3' }, times('X1', 'Y3'))).toEqual({
      satisfied: true,
      sinceMs: 2,
    });
    expect(evaluateQuorum({ ...policy, quorum: 'Y3' }, times('X1'))).toEqual({ satisfied: false });
  });

  it('is satisfied since the first moment at which those who had cosigned satisfy the rule', () => {
    const names = policy.witnesses.map(({ name }) => name);
    const input = fc.tuple(
      fc.dictionary(fc.constantFrom(...names), fc.nat(9), { noNullPrototype: true }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2 }),
    );
    fc.assert(
      fc.property(input, ([at, x, y, both]) => {
        const thresholds = [x, y, both];
        const groups = policy.groups.map((group, i) => ({ ...group, threshold: thresholds[i]! }));
        const moments = Array.from({ length: 10 }, (_, time) => time);
        const since = moments.find((time) => holdsAt(groups, 'X-and-Y', at, time));
        expect(evaluateQuorum({ ...policy, groups }, new Map(Object.entries(at)))).toEqual(
          since === undefined ? { satisfied: false } : { satisfied: true, sinceMs: since },
        );
      }),
      { numRuns: 500 },
    );
  });

  /** The rule itself, at one moment. */
  function holdsAt(
    groups: readonly PolicyGroup[],
    name: string,
    at: Record<string, number>,
    time: number,
  ): boolean {
    const group = groups.find((candidate) => candidate.name === name);
    if (group === undefined) return (at[name] ?? Infinity) <= time;
    return group.members.filter((member) => holdsAt(groups, member, at, time)).length >= group.threshold;
  }
});

describe('trust', () => {
  const pem = (label: string, body: string): string =>
    `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
  const files = formatTrustFolder({
    ...TRUST_INPUT,
    minTimestamps: 1,
    keyWindows: [
      { vkey: log, fromSize: 1 },
      { vkey: log, toSize: 0 },
    ],
    tsaRootsPem: `A root\n${pem('CERTIFICATE', 'AAEC')}${pem('CERTIFICATE', 'AwQF\nBgcI')}`,
  });
  const withJson = (json: unknown): TrustFiles => ({ ...files, 'trust.json': JSON.stringify(json) });

  it('reads the folder it writes', () => {
    const trust = parseTrust(nativeCrypto, files);
    expect(trust.policy.witnesses).toHaveLength(witnessKeys.length);
    expect(trust).toMatchObject({ minTimestamps: 1, signerRoots: [] });
    expect(trust.keyWindows).toEqual([
      { vkey: log, fromSize: 1 },
      { vkey: log, toSize: 0 },
    ]);
    expect(trust.tsaRoots).toEqual([Uint8Array.of(0, 1, 2), Uint8Array.of(3, 4, 5, 6, 7, 8)]);
  });

  it('may be written for a person: white space does not matter', () => {
    expect(files['trust.json']).toContain('\n');
  });

  const good = { format: 'cunzheng/trust@v1', minTimestamps: 0, keyWindows: [] };
  it.each([
    ['no JSON', '{', 'trust-type', ''],
    ['another version', { ...good, format: 'x' }, 'trust-version', '/format'],
    ['an unknown member', { ...good, minTimestamp: 1 }, 'trust-members', '/minTimestamp'],
    ['a missing member', { format: good.format, keyWindows: [] }, 'trust-members', '/minTimestamps'],
    ['a negative count', { ...good, minTimestamps: -1 }, 'trust-value', '/minTimestamps'],
    ['a fraction', { ...good, minTimestamps: 0.5 }, 'trust-type', '/minTimestamps'],
    [
      'a window of a key that is not in the policy',
      { ...good, keyWindows: [{ vkey: x1 }] },
      'trust-value',
      '/keyWindows/0/vkey',
    ],
    [
      'a window that ends before it begins',
      { ...good, keyWindows: [{ vkey: log, fromSize: 2, toSize: 1 }] },
      'trust-value',
      '/keyWindows/0/toSize',
    ],
  ])('with %s is refused', (_, json, code, path) => {
    const changed = typeof json === 'string' ? { ...files, 'trust.json': json } : withJson(json);
    expect(refusal(() => parseTrust(nativeCrypto, changed))).toEqual({ code, path });
  });

  it.each([
    ['no certificate', 'nothing here'],
    ['a key', pem('PRIVATE KEY', 'AAEC')],
    ['a certificate and a key', pem('CERTIFICATE', 'AAEC') + pem('PRIVATE KEY', 'AAEC')],
    ['a block without end', `${pem('CERTIFICATE', 'AAEC')}-----BEGIN CERTIFICATE-----\nAAEC\n`],
    ['a block of no base64', pem('CERTIFICATE', 'AAE')],
  ])('with a PEM file of %s is refused', (_, text) => {
    expect(refusalCode(() => parseTrust(nativeCrypto, { ...files, 'signer-roots.pem': text }))).toBe(
      'pem-invalid',
    );
  });
});
