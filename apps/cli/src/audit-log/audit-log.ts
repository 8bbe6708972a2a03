/** `cunzheng audit-log verify`: an organization checks what was noted about it, offline. */
import { readFileSync } from 'node:fs';
import { type Command } from 'commander';
import { openSource } from '../audit/audit.js';
import { CliError, EXIT } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { openTerminal } from '../terminal.js';
import { verifyAuditLog } from './verify-audit-log.js';

export function addAuditLogCommands(program: Command): void {
  program
    .command('audit-log')
    .description('check an exported audit log')
    .command('verify')
    .description('check the chain, and with a ledger that its heads are bound into it')
    .argument('<file>', 'the export, lines of JSON')
    .option('--ledger <log>', 'the log, https://HOST/logs/NAME, or a directory')
    .action(verify);
}

async function verify(
  file: string,
  { ledger }: { readonly ledger?: string },
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const lines = readLines(file);
  const source = ledger === undefined ? undefined : await openSource(ledger);
  const outcome = await verifyAuditLog(lines, source).finally(() => source?.close());
  const { entries, heads, boundTo, findings } = outcome;
  terminal.result(
    [
      ...findings,
      `${entries} entries in one chain, ${heads} heads`,
      source
        ? `bound into the ledger up to entry ${boundTo}`
        : 'not compared with a ledger: give --ledger to see whether the chain could have been made afterwards',
    ],
    { entries, heads, ...(source && { boundTo }), findings },
  );
  process.exitCode = findings.length > 0 ? EXIT.refused : EXIT.done;
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
