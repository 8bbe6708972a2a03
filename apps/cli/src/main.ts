/**
 * The `cunzheng` command. An expected error is one line on stderr that says what to do next, never a stack trace; exit
 * code 1 means "altered or another document" and nothing else, so no failure may end in it by accident.
 */
import { CommanderError } from 'commander';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { createProgram } from './program.js';
import { ServiceRefusal } from './service/service-refusal.js';
import { printable } from './terminal.js';

const program = createProgram();

async function main(): Promise<void> {
  process.once('uncaughtException', fail);
  // Whoever reads our output may have seen enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fail(error);
  });
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    // Help that was shown for want of a command needs no second word.
    if (error.code !== 'commander.help')
      printError(`${error.message.replace(/^error: /, '')}; see --help`, EXIT.usage);
    return EXIT.usage;
  }
  if (error instanceof CliError) {
    printError(error.message, error.exitCode, error);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  printError(`unexpected: ${message}; set CUNZHENG_DEBUG=1 to see where`, EXIT.incomplete, error);
  return EXIT.incomplete;
}

function printError(message: string, exitCode: ExitCode, error?: unknown): void {
  const line = printable(message.replace(/\s+/g, ' '));
  if (program.opts<{ json?: true }>().json === true) {
    const problem = error instanceof ServiceRefusal ? { problem: error.problem } : {};
    process.stderr.write(`${JSON.stringify({ error: line, exitCode, ...problem })}\n`);
  } else {
    process.stderr.write(`cunzheng: ${line}\n`);
  }
  if (process.env['CUNZHENG_DEBUG']) console.error(error);
}

function fail(error: unknown): never {
  process.exit(report(error));
}

await main();
