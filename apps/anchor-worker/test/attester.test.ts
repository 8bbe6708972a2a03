/**
 * Witnesses over real HTTP: what they cosign makes receipts attested, and what they do wrong does not. Each witness is a
 * small server around the pure witness of libs/receipt.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  createVerifier,
  formatTrustFolder,
  parseNote,
  parsePolicy,
  parseTrust,
  type VerificationReport,
} from '@cunzheng/receipt';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestWorker } from '@test/stack.js';
import { TestWitness } from '@test/witness.js';

describe('attester', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-attester-'));
  const policyFile = join(directory, 'policy');
  let stack: TestStack;
  let http: HttpClient;
  let worker: TestWorker;
  let witnesses: Record<'first' | 'second' | 'third', TestWitness>;

  beforeAll(async () => {
    witnesses = {
      first: await TestWitness.start('first.example'),
      second: await TestWitness.start('second.example', 'silent'),
      third: await TestWitness.start('third.example', 'garbage'),
    };
    writeFileSync(policyFile, policyText());
    stack = await TestStack.create({
      POLICY_FILE: policyFile,
      ATTEST_INTERVAL_MS: '100',
      WITNESS_TIMEOUT_MS: '300',
    });
    const api = await stack.startApi();
    http = api.http.as((await stack.createTenant()).token);
    worker = await stack.startWorker();
    const vkey = await eventually(
      'the log',
      async () =>
        (await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log'))[0]?.verifier_key,
    );
    for (const witness of Object.values(witnesses)) witness.watch(vkey);
  });

  afterAll(async () => {
    await stack.close();
    for (const witness of Object.values(witnesses)) await witness.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const policyText = (): string =>
    Object.entries(witnesses)
      .map(([name, { key, url }]) => `witness ${name} ${key.vkey} ${url}\n`)
      .join('') + 'group two 2 first second third\nquorum two\n';

  const verify = async (receipt: Uint8Array): Promise<VerificationReport> => {
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    const policy = parsePolicy(nativeCrypto, `log ${log!.verifier_key}\n${policyText()}`);
    const trust = parseTrust(nativeCrypto, formatTrustFolder({ policy }));
    return await createVerifier({ crypto: nativeCrypto, trust }).verify(receipt);
  };

  const read = async (id: string): Promise<Evidence & { final: boolean; state: string }> =>
    (await http.get(`/v1/evidence/${id}`)).json();

  const rounds = async (witness: TestWitness, more: number): Promise<void> => {
    const before = witness.requests;
    await eventually('further rounds', () => Promise.resolve(witness.requests >= before + more));
  };

  test('one witness of the two that are wanted leaves a receipt anchored, and says so', async () => {
    const { id } = await accept(http, evidenceOf());
    const receipt = await receiptOf(http, id);
    await eventually('the first witness cosigned', () => Promise.resolve(witnesses.first.sizes.length > 0));
    await rounds(witnesses.second, 2);
    expect(await read(id)).toMatchObject({ state: 'anchored', final: false });
    const report = await verify(receipt.bytes);
    expect(report).toMatchObject({ verdict: 'incomplete' });
    expect(report.checks.find(({ name }) => name === 'witnesses')).toMatchObject({
      status: 'failed',
      reason: { code: 'quorum-missing' },
    });
  });

  test.each(['garbage', 'wrong key', 'dated ahead'] as const)(
    'a witness with the manner "%s" does not count',
    async (manner) => {
      witnesses.third.manner = manner;
      const { id } = await accept(http, evidenceOf());
      await receiptOf(http, id);
      await rounds(witnesses.third, 2);
      expect(await read(id)).toMatchObject({ state: 'anchored', final: false });
      expect(await stack.query('SELECT FROM attestation WHERE attested_at IS NOT NULL')).toEqual([]);
    },
  );

  test('with a quorum the receipt is attested, final, and stays the same bytes', async () => {
    witnesses.second.manner = 'good';
    witnesses.third.manner = 'silent';
    const { id } = await accept(http, evidenceOf());
    await eventually('attested', async () => (await read(id)).state === 'attested');
    expect(await read(id)).toMatchObject({ final: true });
    const receipt = await receiptOf(http, id);
    const report = await verify(receipt.bytes);
    expect(report).toMatchObject({
      verdict: 'holds',
      operatorAlone: false,
      existedBy: { according: 'witnesses' },
    });
    await accept(http, evidenceOf());
    await rounds(witnesses.second, 1);
    expect((await receiptOf(http, id)).bytes.equals(receipt.bytes)).toBe(true);
    expect(
      (await http.get('/v1/evidence?state=attested'))
        .json<{ items: Evidence[] }>()
        .items.map((item) => item.id),
    ).toContain(id);
    const note = receipt.json<{ checkpoint: string }>().checkpoint;
    expect(parseNote(note).signatures).toHaveLength(3);
  });

  test('a witness that lost its memory is asked again with the size it names', async () => {
    const before = witnesses.first.sizes.at(-1)!;
    witnesses.first.rewind();
    const { id } = await accept(http, evidenceOf());
    await eventually('attested', async () => (await read(id)).state === 'attested');
    expect(witnesses.first.sizes.at(-1)).toBeGreaterThan(before);
  });

  test('a witness that does not answer delays neither anchoring nor a stop', async () => {
    await worker.stop();
    for (const witness of Object.values(witnesses)) witness.manner = 'good';
    // Longer than the test may take.
    worker = await stack.startWorker({ WITNESS_TIMEOUT_MS: '600000' });
    const attested = await accept(http, evidenceOf());
    await eventually('attested', async () => (await read(attested.id)).state === 'attested');
    for (const witness of Object.values(witnesses)) witness.manner = 'silent';
    const before = witnesses.first.requests;
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await eventually('a witness is asked', () => witnesses.first.requests > before);
    const { id } = await accept(http, evidenceOf());
    await receiptOf(http, id);
    expect((await read(id)).state).toBe('anchored');
    await worker.stop();
    worker = await stack.startWorker();
  });

  test('the public log carries the cosignatures and the policy', async () => {
    const [log] = await stack.query<{ name: string }>('SELECT name FROM log');
    const [attested] = await stack.query<{ tree_size: string }>(
      'SELECT tree_size FROM attestation WHERE attested_at IS NOT NULL LIMIT 1',
    );
    const note = (await http.get(`/logs/${log!.name}/checkpoints/${attested!.tree_size}`)).text;
    expect(parseNote(note).signatures.length).toBeGreaterThanOrEqual(3);
    expect((await http.get(`/logs/${log!.name}/log.v1.json`)).json<{ policy: string }>().policy).toContain(
      'quorum two',
    );
  });

  test('a witness that remembers a longer history stops the worker, now and at the next start', async () => {
    for (const witness of Object.values(witnesses)) witness.manner = 'good';
    witnesses.first.remember(1_000_000);
    await accept(http, evidenceOf());
    await expect(worker.finished).rejects.toMatchObject({ name: 'WitnessAheadError' });
    await worker.stop();
    const [before] = await stack.query<{ n: number }>('SELECT count(*)::int AS n FROM block');
    // A witness that is slow to answer delays nobody: here it is to be heard before the first block.
    const again = await stack.startWorker({ WITNESS_TIMEOUT_MS: '60000' });
    await expect(again.finished).rejects.toThrow(/has cosigned size 1000000/);
    expect(await stack.query('SELECT count(*)::int AS n FROM block')).toEqual([before]);
  });
});
