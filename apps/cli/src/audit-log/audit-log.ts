/** `cunzheng audit-log verify`: an organization checks what was noted about it, offline. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { loadTrustIfAny, openSource } from '../audit/audit.js';
import { LogFault } from '../audit/log-fault.js';
import { CliError, EXIT } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { openTerminal } from '../terminal.js';
import { type TrustOptions } from '../verify/trust-folder.js';
import { openSignedTree, type SignedTree } from './signed-tree.js';
import { verifyAuditLog } from './verify-audit-log.js';

export function addAuditLogCommands(program: Command): void {
  program
    .command('audit-log')
    .description('check an exported audit log')
    .command('verify')
    .description('check the chain, and with a ledger that its heads are bound into it')
    .argument('<file>', 'the export, lines of JSON')
    .option('--ledger <log>', 'the log, https://HOST/logs/NAME, or a directory')
    .option('--trust <dir>', 'the trust folder, for the signature of that log')
    .option('--policy <file>', 'accepted logs, witnesses and quorum (C2SP tlog-policy)')
    .option('--from <entry>', 'the entry that the export begins with, if it is not the first', parseSequence)
    .option('--organization <id>', 'whose chain it is to be by its heads; "" is the operator')
    .action(verify);
}

interface VerifyOptions extends TrustOptions {
  readonly ledger?: string;
  readonly from?: number;
  readonly organization?: string;
}

async function verify(file: string, options: VerifyOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const lines = readLines(file);
  const { outcome, tree } = await withLedger(options, async (ledger) => ({
    outcome: await verifyAuditLog(lines, { ...options, ledger }),
    tree: ledger,
  }));
  const { entries, range, organization, heads, boundTo, findings } = outcome;
  const of = organization === undefined ? '' : ` of ${organization === '' ? 'the operator' : organization}`;
  terminal.result(
    [
      ...findings,
      range
        ? `entries ${range[0]}–${range[1]} in one chain${of}, ${heads} heads`
        : `no entries, ${heads} heads`,
      tree
        ? `bound into ${describeTree(tree)} up to entry ${boundTo}`
        : 'not compared with a ledger: give --ledger to see whether the chain could have been made afterwards',
    ],
    {
      entries,
      ...(range && { from: range[0], to: range[1] }),
      ...(organization !== undefined && { organization }),
      heads,
      ...(tree && { boundTo, log: tree.origin, treeSize: tree.treeSize, logKeys: tree.logKeys }),
      findings,
    },
  );
  process.exitCode = findings.length > 0 ? EXIT.refused : EXIT.done;
}

async function withLedger<T>(
  options: VerifyOptions,
  work: (tree: SignedTree | undefined) => Promise<T>,
): Promise<T> {
  if (options.ledger === undefined) return await work(undefined);
  const trust = loadTrustIfAny(options)?.trust ?? null;
  const source = await openSource(options.ledger);
  try {
    return await work(await openSignedTree(source, trust));
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new CliError('ledger-damaged', `${source.address}: ${error.message}`, { cause: error });
  } finally {
    await source.close();
  }
}

function describeTree({ origin, treeSize, logKeys }: SignedTree): string {
  const signed = logKeys.length > 0 ? 'signed' : 'not checked whether signed: give --trust';
  return `${origin} at size ${treeSize} (${signed})`;
}

function parseSequence(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('want the number of an entry, 1 or more');
}

function readLines(file: string): Uint8Array[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Buffer.from(line, 'utf8'));
  } catch (error) {
    throw new CliError('file', describeFileError(file, error), { cause: error });
  }
}
