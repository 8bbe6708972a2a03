import { type SignatureName } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { encodeBase64, verifyReceipt } from '@cunzheng/receipt';
import { type BuildOptions, buildReceipt, keyidOf } from './build-receipt.js';
import { testKey } from './ed25519-key.js';
import { check, trust, verify } from './verify-built.js';

describe('signers', () => {
  const asserted: BuildOptions = {
    record: (record) => ({ ...record, assurance: 'asserted' }),
    disclosures: (all) =>
      all
        .filter(({ name }) => !['envelope', 'signer.0.key'].includes(name))
        .map((one) => (one.name === 'signer.0.assurance' ? { ...one, value: 'asserted' } : one)),
  };
  // The builder makes its decoys for the disclosures it ends up with.
  it('an asserted signer needs a name', async () => {
    const shown = await verify(buildReceipt(asserted).receipt);
    expect(check(shown, 'signers').status).toBe('passed');
    const hidden = await verify(
      buildReceipt({ ...asserted, show: (name) => name !== 'signer.0.name' }).receipt,
    );
    expect(check(hidden, 'signers').reason?.code).toBe('withheld');
  });

  it('a certificate that is not shown is never passed', async () => {
    const report = await verify(
      buildReceipt({
        record: (record) => ({ ...record, assurance: 'certificate' }),
        disclosures: (all) =>
          all.map((one) => (one.name === 'signer.0.assurance' ? { ...one, value: 'certificate' } : one)),
      }).receipt,
    );
    expect(check(report, 'signers').reason?.code).toBe('withheld');
    expect(report.verdict).toBe('holds');
  });

  it('a signer weaker than the record says fails, even if the other one is not shown', async () => {
    const report = await verify(
      buildReceipt({
        record: (record) => ({ ...record, signers: 2 }),
        disclosures: (all) =>
          all.map((one) =>
            one.name === 'signer.0.assurance'
              ? { ...one, name: 'signer.1.assurance', value: 'asserted' }
              : one,
          ),
        show: (name) => name === 'signer.1.assurance',
      }).receipt,
    );
    expect(check(report, 'signers').reason?.code).toBe('assurance-mismatch');
  });

  it('an algorithm that this build lacks is not checked, never passed', async () => {
    const { receipt } = buildReceipt({
      statement: (statement) => ({
        ...statement,
        signers: [{ alg: 'sm2-sm3', keyid: statement.signers[0]!.keyid }],
      }),
    });
    const isSignatureName = (name: string): name is SignatureName => name === 'ed25519';
    const report = await verifyReceipt(receipt, { crypto: { ...nativeCrypto, isSignatureName }, trust });
    expect(check(report, 'statement').reason?.code).toBe('signature-unsupported');
    expect(check(report, 'signers').reason?.code).toBe('signature-unsupported');
  });

  it('a key of another algorithm than the statement says fails', async () => {
    const report = await verify(
      buildReceipt({
        statement: (statement) => ({
          ...statement,
          signers: [{ alg: 'ecdsa-p256-sha256', keyid: statement.signers[0]!.keyid }],
        }),
      }).receipt,
    );
    expect(check(report, 'statement')).toMatchObject({ status: 'failed', reason: { code: 'key-invalid' } });
    expect(check(report, 'signers').reason?.code).toBe('statement-failed');
  });

  it('a statement with more signers than the record fails', async () => {
    const second = testKey(6);
    const report = await verify(
      buildReceipt({
        envelope: () => ({
          ...buildReceipt().envelope,
          payload: encodeBase64(
            new TextEncoder().encode(
              buildReceipt().statement.replace(
                /"signers":\[(.*?)\]/,
                `"signers":[$1,{"alg":"ed25519","keyid":"${keyidOf(second)}"}]`,
              ),
            ),
          ),
          signatures: [...buildReceipt().envelope.signatures, { keyid: keyidOf(second), sig: 'AAAA' }],
        }),
      }).receipt,
    );
    expect(check(report, 'statement').reason).toEqual({
      code: 'statement-mismatch',
      message: 'statement has 2 signers, record 1',
    });
  });
});
