/** The commands that the page shows, run as they stand by bash, openssl and jq on the receipt of docs/formats. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { portableCrypto } from '@cunzheng/crypto';
import { type CheckName, CHECK_NAMES, parseTrust } from '@cunzheng/receipt';
import { describeWithTool } from '@test/tools.js';
import { commandsFor } from '../src/verification/by-hand.js';

const FIXTURES = 'libs/receipt/testdata';
const FILES = {
  'receipt.json': 'receipt.json',
  document: 'document.txt',
  policy: 'policy',
  'trust.json': 'trust.json',
};
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');

describeWithTool('jq', 'the commands behind the checks', () => {
  let directory: string;
  const input: Parameters<typeof commandsFor>[1] = {
    trust: parseTrust(portableCrypto, { policy: read('policy'), 'trust.json': read('trust.json') }),
    origin: 'notary.example/logs/main',
    algorithms: ['sha-256', 'sm3'],
    witnesses: ['w1', 'w2', 'w3'],
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'cunzheng-by-hand-'));
    for (const [name, fixture] of Object.entries(FILES))
      copyFileSync(join(FIXTURES, fixture), join(directory, name));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (name: CheckName): string[] =>
    execFileSync('bash', ['-euo', 'pipefail', '-c', commandsFor(name, input)], {
      cwd: directory,
      encoding: 'utf8',
    })
      .trim()
      .split('\n');

  test('format: size, canonical form, version', () => {
    expect(run('format')).toEqual([
      String(Buffer.byteLength(read('receipt.json'))),
      'canonical',
      'cunzheng/receipt@v1',
    ]);
  });

  test('checkpoint: the log key verifies it', () => {
    expect(run('checkpoint').slice(0, 2)).toEqual([
      'Signature Verified Successfully',
      'notary.example/logs/main',
    ]);
  });

  test('witnesses: each cosignature verifies', () => {
    const verified = run('witnesses').filter((line) => line === 'Signature Verified Successfully');
    expect(verified).toHaveLength(3);
  });

  test('record: canonical, and of the log', () => {
    const lines = run('record');
    expect([lines[0], lines.at(-1)]).toEqual(['canonical', 'notary.example/logs/main']);
  });

  test.each(['inclusion', 'block'] as const)('%s: the hashes lead to the signed root', (name) => {
    const [computed, signed] = run(name);
    expect(computed).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(computed).toBe(signed);
  });

  test('disclosures: each one’s digest is in the record', () => {
    const shown = (JSON.parse(read('receipt.json')) as { disclosures: string[] }).disclosures.length;
    expect(run('disclosures').filter((line) => line.startsWith('in the record: '))).toHaveLength(shown);
  });

  test('document: both fingerprints, computed and recorded', () => {
    const digests = run('document').map((line) => line.split(' ').at(-1));
    expect(digests.slice(0, 2)).toEqual(digests.slice(2));
  });

  test('statement: the signature verifies', () => {
    expect(run('statement')[0]).toBe('Signature Verified Successfully');
  });

  test('signers and time: what is shown of them', () => {
    expect(run('signers').join('\n')).toContain('"signer.0.name","张三 Zhang San"');
    expect(run('time')).toEqual(['2026-11-20T08:00:00.123Z', '2026-11-20T08:00:01.023Z']);
  });

  test('nothing of a hostile trust or receipt becomes a command', () => {
    const vkey = `x'; touch pwned; '`;
    const log = { key: { name: `o'$(touch pwned)`, type: 'ed25519', vkey } };
    const trust = {
      ...input.trust,
      policy: { logs: [log], witnesses: [], groups: [], quorum: 'none' },
    } as never;
    const command = commandsFor('checkpoint', { ...input, trust, origin: log.key.name });
    const word = /^vkey=(.*)$/m.exec(command)?.[1] ?? '';
    expect(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8' })).toBe(vkey);
  });

  test('there is one for every check', () => {
    for (const name of CHECK_NAMES) expect(commandsFor(name, input)).not.toBe('');
  });
});
