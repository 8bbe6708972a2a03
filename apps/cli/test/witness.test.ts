/** `cunzheng witness` over HTTP: what it answers, what it keeps, and that its cosignature makes a receipt's policy hold. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  appendCosignatures,
  formatAddCheckpointRequest,
  formatReceipt,
  formatUuidV7,
  parseAddCheckpointResponse,
  parseVerifierKey,
  type VerifierKey,
  verifyReceipt,
} from '@cunzheng/receipt';
import {
  buildReceipt,
  buildTrust,
  documentFingerprints,
  logVerifierKey,
  ORIGIN as RECEIPT_ORIGIN,
} from '../../../libs/receipt/test/build-receipt.js';
import { eventually } from '@test/eventually.js';
import { logKey, noteAt, ORIGIN, requestOf, rootAt } from '../../../libs/receipt/test/witnessed-log.js';
import { expectOneLineError, runCli, useFolder } from './run-cli.js';
import { startWitness, type WitnessProcess } from './witness-process.js';

const cwd = useFolder();
const witnesses: WitnessProcess[] = [];
const start = async (state: string, ...more: string[]): Promise<WitnessProcess> => {
  const args = ['--log', logKey.vkey, '--state', state, '--name', 'court.example/w1', ...more];
  const witness = await startWitness(cwd, args);
  witnesses.push(witness);
  return witness;
};
const filesOf = (state: string): string[] =>
  readdirSync(join(cwd, state), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.includes('.checkpoint') || name.includes('fork-'),
  );
const keyOf = ({ vkey }: WitnessProcess): VerifierKey => parseVerifierKey(nativeCrypto, vkey);

afterAll(async () => {
  await Promise.all(witnesses.map((witness) => witness.end('SIGKILL')));
});

describe('add-checkpoint', () => {
  let witness: WitnessProcess;
  beforeAll(async () => {
    witness = await start('state');
  });

  it('cosigns a first checkpoint and its growth, and keeps the newest note', async () => {
    for (const [old, size] of [
      [0, 3],
      [3, 7],
      [7, 7],
    ] as const) {
      const before = Math.floor(Date.now() / 1000);
      const answer = await witness.post(requestOf(old, size));
      expect(answer).toMatchObject({ status: 200, contentType: 'text/plain; charset=utf-8' });
      const outcome = parseAddCheckpointResponse(nativeCrypto, answer, noteAt(size), [keyOf(witness)]);
      expect(outcome).toMatchObject({ outcome: 'cosigned' });
      const line = outcome.outcome === 'cosigned' ? outcome.lines[0]! : undefined;
      const seconds = Number(
        new DataView(line!.signature.buffer, line!.signature.byteOffset).getBigUint64(0),
      );
      expect(seconds).toBeGreaterThanOrEqual(before);
      expect(seconds).toBeLessThanOrEqual(Date.now() / 1000);
      const [file, ...others] = filesOf('state');
      expect(others).toEqual([]);
      expect(readFileSync(join(cwd, 'state', file!), 'utf8')).toBe(noteAt(size));
    }
  });

  it('says the size it has as text/x.tlog.size', async () => {
    expect(await witness.post(requestOf(3, 9))).toEqual({
      status: 409,
      contentType: 'text/x.tlog.size',
      body: '7\n',
    });
    expect(await witness.post(requestOf(0, 5))).toEqual({
      status: 409,
      contentType: 'text/x.tlog.size',
      body: '7\n',
    });
  });

  const foreign = noteAt(3).replaceAll(ORIGIN, 'other.example/logs/a');
  it.each<[number, string, string | Uint8Array]>([
    [400, 'nonsense', 'nonsense'],
    [400, 'no UTF-8', Uint8Array.of(0xff, 0xfe)],
    [400, 'an old size above the new', requestOf(9, 7)],
    [
      403,
      'a log signature that does not verify',
      requestOf(7, 9, { checkpoint: noteAt(9).replace('\n9\n', '\n8\n') }),
    ],
    [404, 'a log that is not witnessed', requestOf(0, 3, { checkpoint: foreign })],
    [413, 'a body without end', 'x'.repeat(900_000)],
    [
      422,
      'a proof of something else',
      requestOf(7, 9, { proof: [rootAt(1), rootAt(2), rootAt(3), rootAt(4)] }),
    ],
  ])('%i: %s', async (status, _, body) => {
    const answer = await witness.post(body);
    expect(answer).toMatchObject({ status, contentType: 'text/plain; charset=utf-8' });
    expect(answer.body).toMatch(/^[^\n]+\n$/);
    expect(filesOf('state')).toHaveLength(1);
  });

  it('405 and 404 beside it', async () => {
    const get = await fetch(`${witness.url}/add-checkpoint`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${witness.url}/`, { method: 'POST', body: requestOf(7, 9) })).status).toBe(404);
  });

  it('answers others while a client says nothing', async () => {
    const { hostname, port } = new URL(witness.url);
    const silent = connect(Number(port), hostname);
    silent.write('POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold');
    expect((await witness.post(requestOf(7, 7))).status).toBe(200);
    silent.destroy();
  });

  it('422 for a fork, once kept as proof with both notes', async () => {
    const fork = noteAt(7, rootAt(6));
    for (let i = 0; i < 2; i++) {
      const answer = await witness.post(requestOf(7, 7, { checkpoint: fork }));
      expect(answer).toMatchObject({ status: 422, body: 'another root hash of size 7 was cosigned\n' });
    }
    const [file, ...others] = filesOf('state').filter((name) => name.includes('fork-7-'));
    expect(others).toEqual([]);
    expect(readFileSync(join(cwd, 'state', file!), 'utf8')).toBe(`${noteAt(7)}\n${fork}`);
    const said = await eventually('it is said', () => witness.said().endsWith('\n}\n') && witness.said());
    expect(JSON.parse(said)).toMatchObject({ event: 'fork', origin: ORIGIN });
    expect((await witness.post(requestOf(7, 8))).status).toBe(200);
  });

  it('never answers two of many requests at once for one size with different trees', async () => {
    const requests = Array.from({ length: 40 }, (_, i) =>
      i % 2 === 0 ? requestOf(8, 9) : requestOf(8, 9, { checkpoint: noteAt(9, rootAt(5)) }),
    );
    const answers = await Promise.all(requests.map((request) => witness.post(request)));
    expect(new Set(answers.filter((_, i) => i % 2 === 1).map(({ status }) => status)).has(200)).toBe(false);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('the process', () => {
  it('goes on where it was, with the same key, readable by nobody else', async () => {
    const first = await start('again');
    expect((await first.post(requestOf(0, 12))).status).toBe(200);
    expect(await first.end()).toBe(0);
    expect(statSync(join(cwd, 'again/key.pem')).mode & 0o777).toBe(0o600);
    const second = await start('again');
    expect(second.vkey).toBe(first.vkey);
    expect(await second.post(requestOf(0, 3))).toMatchObject({ status: 409, body: '12\n' });
    expect((await second.post(requestOf(12, 13))).status).toBe(200);
  });

  it('works alone on its state', async () => {
    const args = ['--log', logKey.vkey, '--state', 'alone', '--name', 'court.example/w1', '--port', '0'];
    await start('alone');
    expectOneLineError(await runCli(['witness', ...args], { cwd }), 2, /another process works on this state/);
  });

  it('stops at once when somebody else takes its lock', async () => {
    const witness = await start('robbed');
    writeFileSync(join(cwd, 'robbed/lock'), '{}');
    expect((await witness.post(requestOf(0, 3))).status).toBe(500);
    expect(await witness.exited).toBe(3);
    expect(filesOf('robbed')).toEqual([]);
  });

  it('cosigns with ML-DSA-44', async () => {
    const witness = await start('pq', '--alg', 'ml-dsa-44');
    expect(keyOf(witness).type).toBe('subtree/v1');
    const answer = await witness.post(requestOf(0, 5));
    expect(parseAddCheckpointResponse(nativeCrypto, answer, noteAt(5), [keyOf(witness)]).outcome).toBe(
      'cosigned',
    );
    await witness.end();
    const args = ['--log', logKey.vkey, '--state', 'pq', '--name', 'court.example/w1', '--port', '0'];
    expectOneLineError(
      await runCli(['witness', ...args, '--alg', 'ed25519'], { cwd }),
      2,
      /holds a key of ml-dsa-44/,
    );
  });

  it.each<[RegExp, string[]]>([
    [/--log is no verifier key/, ['--log', 'nonsense', '--name', 'w']],
    [/verifier key of a witness/, ['--log', 'WITNESS', '--name', 'w']],
    [/cannot name a witness/, ['--log', logKey.vkey, '--name', 'a b']],
    [/holds no key/, ['--log', logKey.vkey, '--name', 'w', '--key', 'document.txt']],
    [/want a port/, ['--log', logKey.vkey, '--name', 'w', '--port', '65536']],
  ])('refuses what it cannot use: %s', async (message, args) => {
    writeFileSync(join(cwd, 'document.txt'), 'no key');
    const own = witnesses[0]!.vkey;
    const run = await runCli(
      ['witness', '--state', 'refused', '--port', '0', ...args.map((arg) => (arg === 'WITNESS' ? own : arg))],
      { cwd },
    );
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(message);
  });

  it('does not begin with a new key where another has cosigned, nor with a damaged memory', async () => {
    const witness = await start('keyless', '--key', 'witness.pem');
    await witness.post(requestOf(0, 4));
    await witness.end();
    const args = [
      'witness',
      '--log',
      logKey.vkey,
      '--state',
      'keyless',
      '--name',
      'court.example/w1',
      '--port',
      '0',
    ];
    expectOneLineError(
      await runCli([...args, '--key', 'gone.pem'], { cwd }),
      2,
      /has cosigned: put the key back/,
    );
    expect(existsSync(join(cwd, 'gone.pem'))).toBe(false);
    writeFileSync(join(cwd, 'keyless', filesOf('keyless')[0]!), noteAt(3));
    expectOneLineError(
      await runCli([...args, '--key', 'witness.pem'], { cwd }),
      2,
      /is not what the witness wrote/,
    );
  });
});

it('makes the quorum of a receipt hold', async () => {
  const now = Date.now();
  const built = buildReceipt({
    witnesses: [],
    unsigned: true,
    createdAtMs: now,
    record: (record) => ({ ...record, acceptedAtMs: now, id: formatUuidV7(now, new Uint8Array(10).fill(7)) }),
  });
  const witness = await startWitness(cwd, [
    '--log',
    logVerifierKey.vkey,
    '--state',
    'court',
    '--name',
    'court.example/w1',
  ]);
  witnesses.push(witness);
  const { checkpoint } = built.parts;
  const trust = buildTrust({
    policy: {
      logs: [{ key: logVerifierKey }],
      witnesses: [{ name: 'court', key: keyOf(witness) }],
      groups: [],
      quorum: 'court',
    },
  });
  const verify = (note: string): ReturnType<typeof verifyReceipt> =>
    verifyReceipt(formatReceipt({ ...built.parts, checkpoint: note }), {
      crypto: nativeCrypto,
      trust,
      document: documentFingerprints(),
    });
  expect((await verify(checkpoint)).verdict).toBe('incomplete');

  const answer = await witness.post(formatAddCheckpointRequest({ oldSize: 0, proof: [], checkpoint }));
  const outcome = parseAddCheckpointResponse(nativeCrypto, answer, checkpoint, [keyOf(witness)]);
  const lines = outcome.outcome === 'cosigned' ? outcome.lines : [];
  const report = await verify(appendCosignatures(nativeCrypto, checkpoint, lines, [keyOf(witness)]));
  expect(report).toMatchObject({ verdict: 'holds', operatorAlone: false });
  expect(report.claim).toContain(RECEIPT_ORIGIN);
});
