/**
 * `cunzheng audit`: replays a whole log, from its public address or from a directory, and says what that shows and what it
 * does not. Keys come from the auditor's own trust, never from the log.
 */
import { readFileSync, statSync } from 'node:fs';
import { encodeHex, MAX_NOTE_LENGTH, type Trust } from '@cunzheng/receipt';
import { type Command } from 'commander';
import { CliError, EXIT, type ExitCode } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { progressMode } from '../fingerprint/progress.js';
import { collect } from '../repeatable.js';
import { openTerminal } from '../terminal.js';
import { loadTrust, type LoadedTrust, type TrustOptions } from '../verify/trust-folder.js';
import { auditLog, type AuditResult } from './audit-log.js';
import { lacksWitnesses, reportAudit } from './audit-report.js';
import { type KeptCheckpoint } from './checkpoint-check.js';
import { openDirectorySource } from './directory-source.js';
import { type LogSource } from './log-source.js';
import { formatCount, formatRate, startReplayProgress } from './progress.js';
import { openUrlSource } from './url-source.js';

interface AuditCommandOptions extends TrustOptions {
  readonly checkpoint?: readonly string[];
  readonly progress?: true;
}

const AFTER_HELP = `
The log is an address such as https://notary.example/logs/main, or the directory of a ledger or of a full copy. Keys are
taken from your trust folder as for verify; without one everything is replayed, but signatures are not checked.
A checkpoint that you kept, or took from a receipt, shows whether the log was set back or rewritten since.

Exit code 0: clean; 1: findings; 2: usage; 3: not finished, no trust, or none of the witnesses your policy asks for.`;

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('replay a whole log and say what that establishes')
    .argument('<log>', 'its address, https://HOST/logs/NAME, or a directory')
    .option('--trust <dir>', 'the trust folder')
    .option('--policy <file>', 'accepted logs, witnesses and quorum (C2SP tlog-policy)')
    .option(
      '--checkpoint <file>',
      'a signed checkpoint that the log must lead to; may be given several times',
      collect,
    )
    .option('--progress', 'show progress at once, without a terminal too')
    .addHelpText('after', AFTER_HELP)
    .action(audit);
}

async function audit(log: string, options: AuditCommandOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const trust = loadTrustIfAny(options);
  const kept = (options.checkpoint ?? []).map(readKept);
  const source = await openSource(log);
  const progress = startReplayProgress('entries', progressMode({ ...options, json: terminal.json }));
  const startMs = performance.now();
  const result = await auditLog(source, {
    trust: trust?.trust ?? null,
    kept,
    onProgress: (done, total) => {
      progress.advance(done, total);
    },
  }).finally(() => {
    progress.stop();
    return source.close();
  });
  const elapsedMs = performance.now() - startMs;
  const timed = { result, trust, address: source.address, elapsedMs };
  terminal.result(describe(timed), toJson(timed));
  process.exitCode = exitCodeOf(result, trust?.trust ?? null);
}

/** An address is one by its scheme; everything else is a path. */
export async function openSource(log: string): Promise<LogSource> {
  return /^https?:/i.test(log) ? openUrlSource(log) : await openDirectorySource(log);
}

/** Null when none was named and there is none in its place; one that was named must be there. */
export function loadTrustIfAny(options: TrustOptions): LoadedTrust | null {
  const isNamed =
    options.trust !== undefined || options.policy !== undefined || Boolean(process.env['CUNZHENG_TRUST_DIR']);
  try {
    return loadTrust(options);
  } catch (error) {
    if (!isNamed && error instanceof CliError && error.code === 'trust-missing') return null;
    throw error;
  }
}

function readKept(name: string): KeptCheckpoint {
  try {
    if (statSync(name).size > MAX_NOTE_LENGTH)
      throw new CliError('file', `${name} is too large for a checkpoint`);
    return { name, note: readFileSync(name, 'utf8') };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(name, error), { cause: error });
  }
}

function exitCodeOf(result: AuditResult, trust: Trust | null): ExitCode {
  if (result.findings.length > 0) return EXIT.refused;
  const isDone = result.unfinished === null && result.isTrusted && !lacksWitnesses(result, trust);
  return isDone ? EXIT.done : EXIT.incomplete;
}

interface TimedAudit {
  readonly result: AuditResult;
  readonly trust: LoadedTrust | null;
  readonly address: string;
  readonly elapsedMs: number;
}

function describe({ result, trust, address, elapsedMs }: TimedAudit): string[] {
  const report = reportAudit(result, trust?.trust ?? null);
  const { newest, entries, findings } = result;
  const seconds = (elapsedMs / 1_000).toFixed(1);
  const rate = `${formatCount(entries)} entries in ${seconds} s, ${formatRate(entries, elapsedMs)} entries/s`;
  return [
    `log       ${newest?.origin ?? 'unknown'}`,
    `read from ${address}`,
    `trust     ${trust?.source ?? 'none'}`,
    `replayed  ${rate}`,
    ...section(
      'established',
      report.established.map((line) => `  ✓ ${line}`),
    ),
    ...section(
      'not established',
      report.notEstablished.map((line) => `  – ${line}`),
    ),
    ...section(
      'findings',
      findings.flatMap(({ message, wayOut }) => [`  ✗ ${message}`, `    → ${wayOut}`]),
    ),
    '',
    `audit: ${report.conclusion}`,
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function toJson({ result, trust, address, elapsedMs }: TimedAudit): unknown {
  const { newest, contents, rootHash, ...rest } = result;
  const { established, notEstablished, conclusion } = reportAudit(result, trust?.trust ?? null);
  return {
    log: newest?.origin ?? null,
    address,
    trust: trust?.source ?? null,
    newest: newest && {
      treeSize: newest.treeSize,
      rootHash: encodeHex(newest.rootHash),
      logKeys: newest.logKeys,
    },
    replayedRootHash: rootHash,
    ...rest,
    contents: { ...contents.counts, eventKinds: Object.fromEntries(contents.eventKinds) },
    established,
    notEstablished,
    conclusion,
    elapsedMs: Math.round(elapsedMs),
  };
}
