import { portableCrypto } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatTime } from '@cunzheng/ledger';
import { CHECK_NAMES, createVerifier, type StatementInput, verifyReceipt, signNote } from '@cunzheng/receipt';
import {
  ACCEPTED_AT_MS,
  buildReceipt,
  buildTrust,
  logKey,
  logVerifierKey,
  OPERATOR_ALONE,
  ORIGIN,
  TRUST_INPUT,
  verifierKey,
  strangerKey,
} from './build-receipt.js';
import { check, document, statuses, trust, verify } from './verify-built.js';

describe('a receipt that is in order', () => {
  it.each([
    ['native', nativeCrypto],
    ['portable', portableCrypto],
  ])('holds in all twelve checks, with %s crypto', async (_, crypto) => {
    const { receipt } = buildReceipt();
    for (const form of [receipt, new TextEncoder().encode(receipt)]) {
      const report = await verifyReceipt(form, { crypto, trust: buildTrust(), document });
      expect(report.checks.map(({ name }) => name)).toEqual(CHECK_NAMES);
      expect(statuses(report)).toBe('PPP-PPPPPPPP');
      expect(report.verdict).toBe('holds');
      expect(report.operatorAlone).toBe(false);
    }
  });

  it('existed by the time at which the second of three witnesses had cosigned', async () => {
    const report = await verify(buildReceipt().receipt);
    expect(report.existedBy).toEqual({ time: '2026-11-20T08:01:01.000Z', according: 'witnesses' });
    expect(report.claim).toBe(
      'These bytes existed by 2026-11-20T08:01:01.000Z according to witnesses, and their record in ' +
        'notary.example/logs/main is unchanged since.',
    );
    expect(report.claimZh).toBe(
      '据见证方，这些字节在 2026-11-20T08:01:01.000Z 之前已经存在；其在 notary.example/logs/main 中的记录此后未被改动。',
    );
  });

  it('says so when nobody beside the operator was asked for', async () => {
    const report = await verify(buildReceipt().receipt, { trust: buildTrust(OPERATOR_ALONE) });
    expect(report).toMatchObject({ verdict: 'holds', operatorAlone: true });
    expect(report.existedBy).toBeUndefined();
    expect(report.claim).toContain("holds according to the log's operator alone");
    expect(report.claim).toContain(`accepted at ${formatTime(ACCEPTED_AT_MS)}, both by its operator's clock`);
    expect(report.claimZh).toContain('仅以日志运营方自身为据');
    expect(check(report, 'witnesses').reason?.code).toBe('not-required');
  });

  it('does not claim a comparison that was not made', async () => {
    const report = await verifyReceipt(buildReceipt().receipt, { crypto: nativeCrypto, trust });
    expect(report.verdict).toBe('holds');
    expect(check(report, 'document')).toMatchObject({
      status: 'not checked',
      reason: { code: 'no-document' },
    });
    expect(report.claim).toMatch(/^Bytes with the recorded fingerprints .* No document was compared\.$/);
  });

  it('holds unsigned, with nothing to check about statement and signers', async () => {
    const report = await verify(buildReceipt({ unsigned: true }).receipt);
    expect(statuses(report)).toBe('PPP-PPPPP--P');
    expect(report.verdict).toBe('holds');
  });

  it.each([
    ['everything', () => false],
    ['the envelope', (name: string) => name !== 'envelope'],
    ['the key', (name: string) => name !== 'signer.0.key'],
  ])('holds with %s withheld, and says that the signature was not checked', async (_, show) => {
    const report = await verify(buildReceipt({ show }).receipt);
    expect(statuses(report)).toBe('PPP-PPPPP--P');
    expect(check(report, 'statement').reason?.code).toBe('withheld');
    expect(check(report, 'signers').reason?.code).toBe('withheld');
    expect(report.verdict).toBe('holds');
  });

  it('tells apart what is shown beside the statement without having been signed', async () => {
    const report = await verify(buildReceipt({ statement: withoutTitle }).receipt);
    expect(report.verdict).toBe('holds');
    expect(check(report, 'statement').established['unstated']).toEqual(['title']);
  });

  it('is plain JSON and establishes facts', async () => {
    const report = await verify(buildReceipt().receipt);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(check(report, 'checkpoint').established).toMatchObject({ origin: ORIGIN, treeSize: 13 });
    expect(check(report, 'signers').established).toMatchObject({
      names: ['张三 Zhang San'],
      assurance: 'key',
    });
  });
});

describe('trust', () => {
  it('without any, nothing can be said', async () => {
    const report = await verifyReceipt(buildReceipt().receipt, { crypto: nativeCrypto, trust: undefined });
    expect(check(report, 'checkpoint').reason?.code).toBe('no-trust');
    expect(report).toMatchObject({ verdict: 'unverifiable', operatorAlone: true });
  });

  it.each([
    [{ toSize: 12 }, 'failed'],
    [{ fromSize: 14 }, 'failed'],
    [{ fromSize: 13, toSize: 13 }, 'passed'],
  ])('a key window %p: %s', async (window, status) => {
    const windowed = buildTrust({ ...TRUST_INPUT, keyWindows: [{ vkey: logVerifierKey.vkey, ...window }] });
    const report = await verify(buildReceipt().receipt, { trust: windowed });
    expect(check(report, 'checkpoint').status).toBe(status);
    if (status === 'failed') expect(check(report, 'checkpoint').reason?.code).toBe('key-window');
  });

  it('a trusted log key under the name of another log does not count', async () => {
    const other = verifierKey('other.example/logs/main', 'ed25519', logKey);
    const report = await verify(buildReceipt().receipt, {
      trust: buildTrust({ policy: { ...TRUST_INPUT.policy, logs: [{ key: other }] } }),
    });
    expect(check(report, 'checkpoint').reason?.code).toBe('log-key-unknown');
  });

  it('a trusted log key does not vouch for a checkpoint of another log', async () => {
    const other = verifierKey('other.example/logs/main', 'ed25519', logKey);
    const unknown = verifierKey(ORIGIN, 'ed25519', strangerKey);
    const { receipt } = buildReceipt({
      noteSignatures: (_, text) => [
        signNote(text, unknown, (message) => strangerKey.sign(message)),
        signNote(text, other, (message) => logKey.sign(message)),
      ],
    });
    const report = await verify(receipt, {
      trust: buildTrust({ policy: { ...OPERATOR_ALONE.policy, logs: [{ key: other }] } }),
    });
    expect(check(report, 'checkpoint').reason?.code).toBe('log-key-unknown');
  });

  it('a remembered checkpoint gives the same report as a fresh one', async () => {
    const verifier = createVerifier({ crypto: nativeCrypto, trust });
    const [first, second] = [
      await verifier.verify(buildReceipt().receipt),
      await verifier.verify(buildReceipt().receipt),
    ];
    expect(second).toEqual(first);
    const unwitnessed = buildReceipt({ witnesses: [] }).receipt;
    expect((await verifier.verify(unwitnessed)).verdict).toBe('incomplete');
    expect((await verifier.verify(unwitnessed)).verdict).toBe('incomplete');
  });
});

function withoutTitle({ title, ...rest }: StatementInput): StatementInput {
  if (title === undefined) throw new Error('expected a title to remove');
  return rest;
}
