/** The example of docs/formats/timestamp.md: the page shows it, its commands run, and a receipt that carries it holds. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { portableCrypto } from '@cunzheng/crypto';
import {
  formatReceipt,
  parseReceipt,
  parseTrust,
  type VerificationReport,
  verifyReceipt,
} from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { readTsaRoots } from '@cunzheng/timestamp/node';
import { describeWithTool } from '@test/tools.js';

const FOLDER = 'libs/timestamp/testdata';
const RECEIPTS = 'libs/receipt/testdata';
const page = readFileSync('docs/formats/timestamp.md', 'utf8');
const token = readFileSync(join(FOLDER, 'token.der'));
const rootsPem = readFileSync(join(FOLDER, 'tsa-roots.pem'), 'utf8');
const GEN_TIME = Date.UTC(2026, 10, 20, 8, 0, 42, 123);

function stampedReceipt(): string {
  const receipt = parseReceipt(readFileSync(join(RECEIPTS, 'receipt.json')));
  const timestamp = {
    certificates: [],
    crls: [],
    ocsps: [],
    over: 'checkpoint',
    token: token.toString('base64'),
    type: 'rfc3161',
  } as const;
  return formatReceipt({ ...receipt, timestamps: [timestamp] });
}

function verify(
  minTimestamps: number,
  roots: string | undefined,
  now = GEN_TIME,
): Promise<VerificationReport> {
  const trustJson = JSON.parse(readFileSync(join(RECEIPTS, 'trust.json'), 'utf8')) as object;
  const trust = parseTrust(portableCrypto, {
    policy: readFileSync(join(RECEIPTS, 'policy'), 'utf8').replace('quorum witnesses', 'quorum none'),
    'trust.json': JSON.stringify({ ...trustJson, minTimestamps }),
    ...(roots === undefined ? {} : { 'tsa-roots.pem': roots }),
  });
  return verifyReceipt(stampedReceipt(), {
    crypto: portableCrypto,
    trust,
    verifyTimestamp: createTimestampVerifier(portableCrypto, () => now),
  });
}

const timestampsOf = (report: VerificationReport): VerificationReport['checks'][number] =>
  report.checks.find(({ name }) => name === 'timestamps')!;

describe('the example of the format', () => {
  it('is what the page shows', () => {
    const [, shown = ''] = /<!-- fixture: token.der -->\n```\n([\s\S]*?)```/.exec(page) ?? [];
    expect(shown.replaceAll('\n', '')).toBe(token.toString('base64'));
  });

  it('lets a receipt hold by an authority, until genTime and accuracy', async () => {
    const report = await verify(1, rootsPem);
    expect(report).toMatchObject({
      verdict: 'holds',
      existedBy: { time: '2026-11-20T08:00:42.623Z', according: 'timestamps' },
      operatorAlone: false,
    });
    expect(timestampsOf(report)).toMatchObject({
      status: 'passed',
      established: { authorities: ['C=CN, O=Example Time Authority'] },
    });
  });

  it.each([
    ['without the root', undefined, GEN_TIME, /^certificate-untrusted: /],
    ['before its time', rootsPem, GEN_TIME - 300_001, /^time-in-future: /],
  ])('does not count %s, and the report says why', async (_, roots, now, reason) => {
    const report = await verify(1, roots, now);
    expect(report.verdict).toBe('incomplete');
    const { status, established } = timestampsOf(report);
    expect([status, established['rejected']]).toEqual(['failed', [expect.stringMatching(reason)]]);
  });

  it('has roots that can be read from their file', () => {
    expect(readTsaRoots(join(FOLDER, 'tsa-roots.pem'))).toHaveLength(1);
    expect(readTsaRoots(undefined)).toEqual([]);
    expect(() => readTsaRoots(join(FOLDER, 'absent.pem'))).toThrow(/ENOENT/);
    expect(() => readTsaRoots(join(FOLDER, 'F'))).toThrow(/whole blocks/);
  });

  describeWithTool('openssl', 'by hand', () => {
    it('the commands of the page verify it', () => {
      const [, commands = ''] = /## By hand\n\n```sh\n([\s\S]*?)```/.exec(page) ?? [];
      const output = execFileSync('sh', ['-e', '-c', commands], {
        cwd: FOLDER,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(output.toString()).toMatch(/Nov 20 08:00:42.123 2026[\s\S]*Verification: OK/);
    });
  });
});
