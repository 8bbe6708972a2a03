/** `cunzheng disclose`, offline: a receipt that shows less still holds, and nothing else is written. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildReceipt, buildTrust, DOCUMENT } from '../../../libs/receipt/test/build-receipt.js';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { verifyReceipt } from '@cunzheng/receipt';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
const { receipt } = buildReceipt();
writeFileSync(join(cwd, 'receipt.json'), receipt);
writeFileSync(join(cwd, 'document.txt'), DOCUMENT);
const disclose = (...args: string[]): Promise<CliRun> => runCli(['disclose', ...args], { cwd });

describe('disclose', () => {
  it.concurrent('lists what a receipt discloses', async () => {
    const { exitCode, stdout } = await disclose('receipt.json');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['title', 'envelope', 'signer.0.name']));
  });

  it.concurrent('writes a copy that shows what was named, holds, and has no byte of the rest', async () => {
    const { exitCode, stdout } = await disclose(
      'receipt.json',
      '--only',
      'signer.0.name, title',
      '--out',
      'less.json',
    );
    expect([exitCode, stdout]).toEqual([0, 'less.json\n']);
    const copy = readFileSync(join(cwd, 'less.json'), 'utf8');
    expect((JSON.parse(copy) as { disclosures: string[] }).disclosures).toHaveLength(2);
    const report = await verifyReceipt(copy, { crypto: nativeCrypto, trust: buildTrust() });
    expect(report.verdict).toBe('holds');
    expect(readFileSync(join(cwd, 'receipt.json'), 'utf8')).toBe(receipt);
  });

  it.concurrent('shows nothing with an empty list', async () => {
    expect((await disclose('receipt.json', '--only', '', '--out', 'none.json')).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'none.json'), 'utf8'))).toMatchObject({ disclosures: [] });
  });

  it.concurrent.each<[string[], RegExp]>([
    [['receipt.json', '--only', 'token.0', '--out', 'x.json'], /does not disclose token\.0/],
    [['receipt.json', '--only', 'tittle', '--out', 'x.json'], /tittle is no name of a disclosure/],
    [['receipt.json', '--only', 'title'], /--only and --out go together/],
    [['receipt.json', '--only', 'title', '--out', 'document.txt'], /exists already/],
    [['document.txt'], /document\.txt is no receipt/],
    [['missing.json'], /missing\.json does not exist/],
  ])('%j is refused in one line', async (args, message) => {
    expectOneLineError(await disclose(...args), 2, message);
    expect(existsSync(join(cwd, 'x.json'))).toBe(false);
  });
});
