/** Revocations in check 11: before, after, and dated back behind the record. */
import { formatTime } from '@cunzheng/ledger';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type Check, type LoggedRevocation, verifyReceipt } from '@cunzheng/receipt';
import { buildReceipt, CREATED_AT_MS, keyidOf, ORIGIN, signerKey, strangerKey } from './build-receipt.js';
import { check, document, trust } from './verify-built.js';

const HOUR = 3_600_000;

/** Times in hours from the record's block, which is block 1; an event that is later by its time is in block 2, unless it is said. */
function revocation(
  effective: number,
  logged: number,
  changes: Partial<LoggedRevocation> = {},
): LoggedRevocation {
  return {
    createdAt: formatTime(CREATED_AT_MS + logged * HOUR),
    effectiveAt: formatTime(CREATED_AT_MS + effective * HOUR),
    event: 'revocation',
    format: 'cunzheng/event@v1',
    height: logged > 0 ? 2 : 0,
    keyid: keyidOf(signerKey),
    log: ORIGIN,
    ...changes,
  };
}

async function signers(
  revocations: readonly LoggedRevocation[] | undefined,
  show: (name: string) => boolean = () => true,
): Promise<{ verdict: string; check: Check }> {
  const report = await verifyReceipt(buildReceipt({ show }).receipt, {
    crypto: nativeCrypto,
    trust,
    document,
    ...(revocations === undefined ? {} : { revocations }),
  });
  return { verdict: report.verdict, check: check(report, 'signers') };
}

describe('revocations', () => {
  it('are not checked without a copy of the log, and that is said', async () => {
    const { check: result } = await signers(undefined);
    expect(result).toMatchObject({ status: 'passed', established: { revocation: 'not checked' } });
  });

  it('none: checked, and nothing to say', async () => {
    for (const none of [[], [revocation(-2, -1, { keyid: keyidOf(strangerKey) })]]) {
      const { verdict, check: result } = await signers(none);
      expect(verdict).toBe('holds');
      expect(result).toMatchObject({ status: 'passed', established: { revocation: 'checked' } });
      expect(result.established['revoked']).toBeUndefined();
    }
  });

  it('before the record: fails', async () => {
    const { verdict, check: result } = await signers([revocation(-2, -1)]);
    expect(verdict).toBe('incomplete');
    expect(result).toMatchObject({ status: 'failed', reason: { code: 'key-revoked' } });
  });

  it('effective after the record: it stays valid, and the revocation is shown', async () => {
    for (const [effective, logged] of [
      [1, 2],
      [2, 1],
      [1, -1],
    ] as const) {
      const { verdict, check: result } = await signers([revocation(effective, logged)]);
      expect(verdict).toBe('holds');
      expect(result.status).toBe('passed');
      expect(result.established['revoked']).toHaveLength(1);
    }
  });

  it('logged after the record and dated back behind it: shown, and decides nothing', async () => {
    const { verdict, check: result } = await signers([revocation(-2, 1)]);
    expect(verdict).toBe('holds');
    expect(result).toMatchObject({ status: 'not checked', reason: { code: 'revocation-backdated' } });
    expect(result.established['revoked']).toEqual([
      `signer 0: revoked as of ${formatTime(CREATED_AT_MS - 2 * HOUR)}, logged at ${formatTime(CREATED_AT_MS + HOUR)} in block 2`,
    ]);
  });

  it('are after the record by their block, whatever time they say of themselves', async () => {
    const { verdict, check: result } = await signers([revocation(-2, -1, { height: 2 })]);
    expect(verdict).toBe('holds');
    expect(result).toMatchObject({ status: 'not checked', reason: { code: 'revocation-backdated' } });
  });

  it('are before the record by their block, or with it, whatever time they say of themselves', async () => {
    for (const height of [0, 1]) {
      const { verdict, check: result } = await signers([revocation(-2, 24, { height })]);
      expect(verdict).toBe('incomplete');
      expect(result).toMatchObject({ status: 'failed', reason: { code: 'key-revoked' } });
    }
  });

  it('of a certificate that is not shown do not concern the key', async () => {
    const { check: result } = await signers([revocation(-2, -1, { certificate: 'a'.repeat(64) })]);
    expect(result.status).toBe('passed');
  });

  it('are told by the disclosed key where the envelope is hidden, and not told without both', async () => {
    const hidden = await signers([revocation(-2, -1)], (name) => name !== 'envelope');
    expect(hidden.check.established['revoked']).toHaveLength(1);
    const both = await signers(
      [revocation(-2, -1)],
      (name) => name !== 'envelope' && name !== 'signer.0.key',
    );
    expect(both.check.established).toMatchObject({ revocation: 'not checked' });
    expect(both.check.established['revoked']).toBeUndefined();
  });
});
