import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatTime } from '@cunzheng/ledger';
import {
  encodeBase64,
  type Receipt,
  timestampImprintInput,
  type TimestampRequest,
  type TimestampResult,
  type Trust,
  verifyReceipt,
} from '@cunzheng/receipt';
import { ACCEPTED_AT_MS, buildReceipt, buildTrust, OPERATOR_ALONE, TRUST_INPUT } from './build-receipt.js';
import { check, document } from './verify-built.js';

describe('timestamps', () => {
  const stamped = (count: number, over: 'checkpoint' | 'timestamp' = 'checkpoint') =>
    buildReceipt({
      receipt: (receipt) => ({
        ...receipt,
        timestamps: Array.from({ length: count }, (_, i) => ({
          certificates: ['AAAA'],
          crls: [],
          ocsps: [],
          over: i === 0 ? 'checkpoint' : over,
          ...(i > 0 && over === 'timestamp' ? { of: i - 1 } : {}),
          token: encodeBase64(Uint8Array.of(i)),
          type: 'rfc3161' as const,
        })),
      }),
    }).receipt;
  const requiring = (minTimestamps: number): Trust => buildTrust({ ...TRUST_INPUT, minTimestamps });
  const alone = (minTimestamps: number): Trust => buildTrust({ ...OPERATOR_ALONE, minTimestamps });

  /** Calls a token valid by its first byte: authority and seconds after acceptance. */
  const authority = ({ token }: TimestampRequest): TimestampResult => ({
    valid: true,
    genTimeMs: ACCEPTED_AT_MS + 10_000 * (token[0]! + 1),
    accuracyMs: 1000,
    tsa: `tsa ${token[0]!}`,
  });
  const run = (
    receipt: string,
    of: Trust,
    verifyTimestamp?: (request: TimestampRequest) => TimestampResult,
  ) =>
    verifyReceipt(receipt, {
      crypto: nativeCrypto,
      trust: of,
      document,
      ...(verifyTimestamp ? { verifyTimestamp } : {}),
    });

  it('count by authority and give the earliest genTime + accuracy', async () => {
    const report = await run(stamped(2), alone(2), authority);
    expect(report).toMatchObject({ verdict: 'holds', operatorAlone: false });
    expect(report.existedBy).toEqual({ time: formatTime(ACCEPTED_AT_MS + 11_000), according: 'timestamps' });
    expect(check(report, 'timestamps').established).toMatchObject({
      authorities: ['tsa 0', 'tsa 1'],
      stampedAt: [formatTime(ACCEPTED_AT_MS + 11_000), formatTime(ACCEPTED_AT_MS + 21_000)],
    });
    expect(report.claim).toContain('according to timestamping authorities');
  });

  it('say of which authorities the receipt does not show that no certificate was revoked', async () => {
    const knownOf = async (known: readonly number[], tsaKey?: string) =>
      check(
        await run(stamped(2), alone(1), (request) => ({
          ...authority(request),
          isKnownUnrevoked: known.includes(request.token[0]!),
          ...(tsaKey === undefined ? {} : { tsaKey }),
        })),
        'timestamps',
      ).established;
    expect(await knownOf([0, 1])).toMatchObject({ revocation: 'checked' });
    expect(await knownOf([1])).toMatchObject({ revocation: 'not checked', revocationUnknown: ['tsa 0'] });
    expect(await knownOf([0], 'one')).toMatchObject({
      revocation: 'not checked',
      revocationUnknown: ['tsa 0'],
    });
  });

  it('the same authority twice counts once', async () => {
    const report = await run(
      stamped(2),
      requiring(2),
      (request) => ({ ...authority(request), tsa: 'one' }) as TimestampResult,
    );
    expect(check(report, 'timestamps').reason?.code).toBe('timestamps-missing');
    expect(report.verdict).toBe('incomplete');
  });

  it('the same authority that writes itself otherwise counts once', async () => {
    const report = await run(stamped(2), requiring(2), (request) => ({
      ...authority(request),
      tsaKey: 'one',
    }));
    expect(check(report, 'timestamps')).toMatchObject({
      reason: { code: 'timestamps-missing' },
      established: { authorities: ['tsa 0'] },
    });
  });

  it('share one account of signatures, and those behind its end do not count', async () => {
    let verified = 0;
    const costly = (request: TimestampRequest): TimestampResult => {
      for (let i = 0; i < 100; i++) {
        if (request.takeSignature?.() === false) return { valid: false, reason: 'signature-limit: too many' };
        verified += 1;
      }
      return authority(request);
    };
    const receipt = stamped(4);
    for (let again = 1; again <= 2; again++) {
      const report = await run(receipt, alone(3), costly);
      expect(verified).toBe(256 * again);
      expect(report.verdict).not.toBe('holds');
      expect(check(report, 'timestamps')).toMatchObject({
        reason: { code: 'timestamps-missing' },
        established: {
          authorities: ['tsa 0', 'tsa 1'],
          rejected: Array(2).fill('signature-limit: too many'),
        },
      });
    }
    expect((await run(receipt, alone(2), costly)).verdict).toBe('holds');
  });

  it('a renewal does not count as a timestamp of the checkpoint', async () => {
    const report = await run(stamped(2, 'timestamp'), requiring(2), authority);
    expect(check(report, 'timestamps').reason?.code).toBe('timestamps-missing');
  });

  it('without a verifier none counts', async () => {
    expect(check(await run(stamped(1), requiring(1)), 'timestamps')).toMatchObject({
      status: 'failed',
      reason: { code: 'timestamp-verifier-missing' },
    });
    const notRequired = await run(stamped(1), requiring(0));
    expect(check(notRequired, 'timestamps').status).toBe('not checked');
    expect(notRequired.verdict).toBe('holds');
  });

  it.each([
    ['refuses', () => ({ valid: false, reason: 'no chain' }) as const],
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    [
      'gives no proper time',
      () => ({ valid: true, genTimeMs: Number.NaN, accuracyMs: 0, tsa: 'x' }) as const,
    ],
    [
      'gives an infinite time',
      () => ({ valid: true, genTimeMs: -Infinity, accuracyMs: 0, tsa: 'x' }) as const,
    ],
  ])('a verifier that %s makes nothing count', async (_, verifyTimestamp) => {
    expect((await run(stamped(1), requiring(1), verifyTimestamp)).verdict).toBe('incomplete');
    const notRequired = await run(stamped(1), requiring(0), verifyTimestamp);
    expect(check(notRequired, 'timestamps').status).toBe('not checked');
    expect(notRequired.verdict).toBe('holds');
  });

  it('a valid one that nobody required still gives a time, and the claim says what rests on the operator', async () => {
    const report = await run(stamped(1), alone(0), authority);
    expect(report.existedBy?.according).toBe('timestamps');
    expect(report.claim).toContain("Apart from that time, it holds according to the log's operator alone");
  });

  it('are verified over F, with the roots of the trust', async () => {
    const requests: TimestampRequest[] = [];
    const receipt = stamped(1);
    await run(receipt, requiring(1), (request) => (requests.push(request), authority(request)));
    const { checkpoint } = JSON.parse(receipt) as Receipt;
    expect(requests).toHaveLength(1);
    expect(requests[0]!.data).toEqual(timestampImprintInput(checkpoint));
    expect(requests[0]!.roots).toEqual([]);
  });
});
