import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  CHECK_NAMES,
  type CheckName,
  encodeBase64,
  signNote,
  type Verdict,
  verifyReceipt,
} from '@cunzheng/receipt';
import {
  ACCEPTED_AT_MS,
  type BuildOptions,
  buildReceipt,
  CREATED_AT_MS,
  documentFingerprints,
  ORIGIN,
  strangerKey,
  verifierKey,
} from './build-receipt.js';
import { check, document, longerProof, statuses, trust, verify } from './verify-built.js';

/** Replaces a member of J(record) or J(header) by a text substitution that keeps it canonical. */
const replace =
  (from: string | RegExp, to: string) =>
  (text: string): string => {
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`nothing to replace in ${text}`);
    return changed;
  };

describe('one thing wrong', () => {
  const wrong: [what: string, failing: CheckName, code: string, verdict: Verdict, options: BuildOptions][] = [
    [
      'no line of the log',
      'checkpoint',
      'checkpoint-invalid',
      'unverifiable',
      { noteSignatures: (lines) => lines.slice(1) },
    ],
    [
      'a log key that is not in the policy',
      'checkpoint',
      'log-key-unknown',
      'unverifiable',
      {
        noteSignatures: ([, ...lines], text) => [
          signNote(text, verifierKey(ORIGIN, 'ed25519', strangerKey), (message) => strangerKey.sign(message)),
          ...lines,
        ],
      },
    ],
    [
      'a log signature that does not verify',
      'checkpoint',
      'note-signature-invalid',
      'unverifiable',
      {
        noteSignatures: ([log, ...lines]) => [
          { ...log!, signature: log!.signature.slice().reverse() },
          ...lines,
        ],
      },
    ],
    [
      'a witness signature that does not verify',
      'checkpoint',
      'note-signature-invalid',
      'unverifiable',
      {
        noteSignatures: ([log, w1, ...lines]) => [log!, { ...w1!, signature: lines[0]!.signature }, ...lines],
      },
    ],
    [
      'an extension line',
      'checkpoint',
      'checkpoint-invalid',
      'unverifiable',
      { checkpointText: (text) => `${text}extension\n` },
    ],
    ['one witness too few', 'witnesses', 'quorum-missing', 'incomplete', { witnesses: [2] }],
    [
      'one witness twice',
      'witnesses',
      'quorum-missing',
      'incomplete',
      { witnesses: [1], noteSignatures: ([log, w]) => [log!, w!, w!] },
    ],
    [
      'a record of another log',
      'record',
      'log-mismatch',
      'altered',
      { recordText: replace('logs/main', 'logs/other') },
    ],
    [
      'a record of another version',
      'record',
      'record-version',
      'altered',
      { recordText: replace('record@v1', 'record@v2') },
    ],
    [
      'a record with an unknown member',
      'record',
      'record-members',
      'altered',
      { recordText: replace(/}$/, ',"z":1}') },
    ],
    [
      'a record that is not canonical',
      'record',
      'record-not-canonical',
      'altered',
      { recordText: (text) => `${text} ` },
    ],
    [
      'an id of another time',
      'record',
      'record-value',
      'altered',
      { recordText: replace('"acceptedAt":"2026', '"acceptedAt":"2025') },
    ],
    [
      'another record in its place',
      'inclusion',
      'root-mismatch',
      'altered',
      {
        receipt: (receipt) => ({
          ...receipt,
          record: receipt.record.replace('"clockBoundMs":50', '"clockBoundMs":51'),
        }),
      },
    ],
    [
      'another leaf index',
      'inclusion',
      'root-mismatch',
      'altered',
      { receipt: (receipt) => ({ ...receipt, inclusion: { ...receipt.inclusion, leafIndex: 7 } }) },
    ],
    [
      'a leaf index beyond the tree',
      'inclusion',
      'index-out-of-range',
      'altered',
      { receipt: (receipt) => ({ ...receipt, inclusion: { ...receipt.inclusion, leafIndex: 13 } }) },
    ],
    [
      'a proof with a hash too many',
      'inclusion',
      'proof-length',
      'altered',
      { receipt: longerProof('inclusion') },
    ],
    [
      'a header proof with a hash too many',
      'block',
      'proof-length',
      'altered',
      { receipt: longerProof('block') },
    ],
    [
      'a header that is not in the tree',
      'block',
      'root-mismatch',
      'altered',
      {
        receipt: (receipt) => ({
          ...receipt,
          block: { ...receipt.block, header: receipt.block.header.replace('08:00:01', '08:00:00') },
        }),
      },
    ],
    [
      'a header of another log',
      'block',
      'log-mismatch',
      'altered',
      { headerText: replace('logs/main', 'logs/other') },
    ],
    [
      'a header of another block',
      'block',
      'leaf-outside-block',
      'altered',
      { headerText: replace('"count":3', '"count":1') },
    ],
    [
      'a header that is not canonical',
      'block',
      'header-invalid',
      'altered',
      { headerText: (text) => `${text} ` },
    ],
    [
      'a disclosure of another record',
      'disclosures',
      'disclosure-not-committed',
      'altered',
      { receipt: (receipt) => ({ ...receipt, disclosures: [...receipt.disclosures, 'WyIxIl0'] }) },
    ],
    [
      'a statement for another service',
      'statement',
      'service-mismatch',
      'incomplete',
      { statement: (statement) => ({ ...statement, service: 'other.example' }) },
    ],
    [
      'a statement of another organization',
      'statement',
      'statement-mismatch',
      'incomplete',
      { statement: (statement) => ({ ...statement, organization: 'Somebody Else' }) },
    ],
    [
      'a statement about another document',
      'statement',
      'statement-mismatch',
      'incomplete',
      { statement: (statement) => ({ ...statement, fingerprints: documentFingerprints('other') }) },
    ],
    ['a signature by another key', 'statement', 'signature-invalid', 'incomplete', { signWith: strangerKey }],
    [
      'an envelope with a foreign payload',
      'statement',
      'statement-not-canonical',
      'incomplete',
      { envelope: (envelope) => ({ ...envelope, payload: 'e30K' }) },
    ],
    [
      'a key that is not the one signed with',
      'statement',
      'keyid-mismatch',
      'incomplete',
      {
        disclosures: (all) =>
          all.map((one) =>
            one.name === 'signer.0.key' ? { ...one, value: encodeBase64(strangerKey.spki) } : one,
          ),
      },
    ],
    [
      'an assurance that the signer does not have',
      'signers',
      'assurance-mismatch',
      'incomplete',
      {
        disclosures: (all) =>
          all.map((one) => (one.name === 'signer.0.assurance' ? { ...one, value: 'asserted' } : one)),
      },
    ],
    [
      'a block long before acceptance',
      'time',
      'accepted-after-block',
      'incomplete',
      { createdAtMs: ACCEPTED_AT_MS - 300_001 },
    ],
    [
      'witnesses long before the block',
      'time',
      'block-after-existence',
      'incomplete',
      { cosignedAtSeconds: Math.floor(CREATED_AT_MS / 1000) - 302 },
    ],
  ];

  it.each(wrong)('%s fails %s with %s: %s', async (_, failing, code, verdict, options) => {
    const report = await verify(buildReceipt(options).receipt);
    expect(check(report, failing)).toMatchObject({ status: 'failed', reason: { code } });
    expect(report.verdict).toBe(verdict);
    const failed = report.checks.filter(({ status }) => status === 'failed').map(({ name }) => name);
    // A signature that does not verify fails the statement and the signer's assurance; nothing else fails twice.
    expect(failed).toEqual(options.signWith === undefined ? [failing] : ['statement', 'signers']);
    expect(report.claim).not.toMatch(/existed by|holds according/);
  });

  it('has a case for every check that a receipt alone can fail', () => {
    const covered = new Set(wrong.map(([, failing]) => failing));
    const elsewhere: CheckName[] = ['format', 'timestamps', 'document'];
    expect(CHECK_NAMES.filter((name) => !covered.has(name))).toEqual(elsewhere);
  });

  it('another document fails document alone', async () => {
    const report = await verify(buildReceipt().receipt, { document: documentFingerprints('other') });
    expect(statuses(report)).toBe('PPP-PPPPFPPP');
    expect(report.verdict).toBe('other-document');
  });

  it('one differing fingerprint of two is another document', async () => {
    const mixed = [document[0]!, documentFingerprints('other')[1]!];
    expect((await verify(buildReceipt().receipt, { document: mixed })).verdict).toBe('other-document');
  });

  it('another document and missing witnesses are incomplete, not another document', async () => {
    const { receipt } = buildReceipt({ witnesses: [] });
    expect((await verify(receipt, { document: documentFingerprints('other') })).verdict).toBe('incomplete');
  });

  it('another document and impossible times are incomplete as well', async () => {
    const { receipt } = buildReceipt({ createdAtMs: ACCEPTED_AT_MS - 300_001 });
    expect((await verify(receipt, { document: documentFingerprints('other') })).verdict).toBe('incomplete');
  });

  it('a change in the log outweighs missing witnesses', async () => {
    const report = await verify(buildReceipt({ witnesses: [], recordText: (text) => `${text} ` }).receipt);
    expect(report.verdict).toBe('altered');
  });

  it('fingerprints that nobody computed are not checked', async () => {
    const none = await verifyReceipt(buildReceipt().receipt, { crypto: nativeCrypto, trust, document: [] });
    expect(check(none, 'document').reason?.code).toBe('not-computable');
    expect(none.verdict).toBe('holds');
  });
});

describe('what stops what', () => {
  it.each([
    ['format', 'F-----------', '{}'],
    ['checkpoint', 'PF----------', buildReceipt({ noteSignatures: (lines) => lines.slice(1) }).receipt],
    ['record', 'PPP-F-------', buildReceipt({ recordText: (text) => `${text} ` }).receipt],
    ['inclusion', 'PPP-PF------', buildReceipt({ receipt: longerProof('inclusion') }).receipt],
    ['block, which stops nothing', 'PPP-PPFPPPP-', buildReceipt({ receipt: longerProof('block') }).receipt],
    [
      'disclosures, which stop statement and signers',
      'PPP-PPPFP--P',
      buildReceipt({ receipt: (receipt) => ({ ...receipt, disclosures: ['WyIxIl0'] }) }).receipt,
    ],
  ])('%s', async (_, expected, receipt) => {
    expect(statuses(await verify(receipt))).toBe(expected);
  });
});

describe('format', () => {
  it.each([
    ['nothing', '', 'receipt-not-canonical'],
    ['an array', '[]', 'receipt-type'],
    ['no member', '{}', 'receipt-members'],
    ['white space', `${buildReceipt().receipt}\n`, 'receipt-not-canonical'],
    ['another version', buildReceipt().receipt.replace('receipt@v1', 'receipt@v2'), 'receipt-version'],
    ['more than 10 MB', 'x'.repeat(10_000_001), 'receipt-not-canonical'],
  ])('refuses %s', async (_, receipt, code) => {
    const report = await verify(receipt);
    expect(check(report, 'format')).toMatchObject({ status: 'failed', reason: { code } });
    expect(report.verdict).toBe('altered');
  });
});
