/** `cunzheng ledger fsck`: reads every byte of a ledger and changes nothing; may run beside a worker. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { fsck, type FsckFinding, type FsckProgress, type FsckSubject } from '@cunzheng/ledger/node';
import { type Command } from 'commander';
import { findLedger } from '../audit/directory-source.js';
import { formatCount, startReplayProgress } from '../audit/progress.js';
import { EXIT } from '../cli-error.js';
import { progressMode } from '../fingerprint/progress.js';
import { openTerminal } from '../terminal.js';

interface FsckCommandOptions {
  readonly progress?: true;
}

const BYTES_PER_MB = 1_000_000;
const AFTER_HELP = `
An error is something that is not this ledger, a warning derived data that is not as it should be, a note nothing wrong.
Whether blocks are missing at the end, and who signed, fsck cannot know: run cunzheng audit with your trust.

Exit code 0: clean; 1: errors or warnings; 2: usage.`;

export function addFsckCommand(ledger: Command): void {
  ledger
    .command('fsck')
    .description('check all files of a ledger: checksums, chain, indexes, tiles, checkpoint')
    .argument('<dir>', "the log's own directory, LEDGER_DIR/NAME")
    .option('--progress', 'show progress at once, without a terminal too')
    .addHelpText('after', AFTER_HELP)
    .action(check);
}

async function check(path: string, options: FsckCommandOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const dir = await findLedger(path);
  const bar = startReplayProgress('MB', progressMode({ ...options, json: terminal.json }));
  const findings: FsckFinding[] = [];
  let last: FsckProgress | null = null;
  try {
    for await (const item of fsck({ dir, crypto: nativeCrypto })) {
      if (item.kind === 'finding') findings.push(item);
      else {
        last = item;
        bar.advance(megabytes(item.bytesDone), megabytes(item.bytesTotal));
      }
    }
  } finally {
    bar.stop();
  }
  const isClean = findings.every(({ severity }) => severity === 'note');
  const { blocks = 0, bytesTotal = 0 } = last ?? {};
  const lines = findings.flatMap((finding) => describe(finding, dir));
  const summary = `${formatCount(blocks)} blocks, ${formatCount(megabytes(bytesTotal))} MB: ${summarize(findings)}`;
  terminal.result([...lines, summary], {
    dir,
    clean: isClean,
    blocks,
    bytes: bytesTotal,
    findings: findings.map((finding) => ({ ...finding, wayOut: wayOut(finding, dir) })),
  });
  process.exitCode = isClean ? EXIT.done : EXIT.refused;
}

function describe(finding: FsckFinding, dir: string): string[] {
  const { severity, message } = finding;
  const advice = wayOut(finding, dir);
  return [`${severity.padEnd(7)} ${message}`, ...(advice === null ? [] : [`        → ${advice}`])];
}

function wayOut({ severity, subject }: FsckFinding, dir: string): string | null {
  const restore =
    'stop the worker, put this segment back from a backup or a copy, run fsck again; a ledger that lacks blocks at its ' +
    'end is completed from the database when the worker starts';
  const advice: Readonly<Record<FsckSubject, string>> = {
    segment: restore,
    frame: restore,
    chain: restore,
    checkpoint:
      'compare it with the database, the witnesses and checkpoints kept elsewhere; the one of two that reaches the newest of ' +
      'them is right, restore the other',
    tile: `stop the worker, then: cunzheng ledger rebuild ${dir} --tiles`,
    index: `stop the worker, then: cunzheng ledger rebuild ${dir} --indexes`,
  };
  return severity === 'note' ? null : advice[subject];
}

function summarize(findings: readonly FsckFinding[]): string {
  const count = (wanted: FsckFinding['severity'], name: string): string[] => {
    const found = findings.filter(({ severity }) => severity === wanted).length;
    return found === 0 ? [] : [`${found} ${name}${found === 1 ? '' : 's'}`];
  };
  const counted = [...count('error', 'error'), ...count('warning', 'warning'), ...count('note', 'note')];
  const isClean = findings.every(({ severity }) => severity === 'note');
  return [...(isClean ? ['clean'] : []), ...counted].join(', ');
}

const megabytes = (bytes: number): number => Math.round(bytes / BYTES_PER_MB);
