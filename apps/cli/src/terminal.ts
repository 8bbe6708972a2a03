/**
 * What the command line prints, and where: results on stdout, everything said beside them on stderr. With `--json` the
 * result is one JSON text and hints are left out. Texts from receipts, services and file names may be hostile: whatever
 * could steer a terminal or reorder a line is printed as its code point.
 */
import { type Command } from 'commander';

export interface GlobalOptions {
  readonly json?: true;
}

export interface Terminal {
  readonly json: boolean;
  /** The result: lines of text for people, or the value for programs. */
  result(lines: readonly string[], value: unknown): void;
  /** What a person may want to know beside the result. */
  hint(...lines: string[]): void;
}

/** The terminal as the global options of `command` ask for it. */
export function openTerminal(command: Command): Terminal {
  const json = command.optsWithGlobals<GlobalOptions>().json === true;
  return {
    json,
    result(lines, value) {
      process.stdout.write(
        json ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${printable(line)}\n`).join(''),
      );
    },
    hint(...lines) {
      if (!json) process.stderr.write(lines.map((line) => `${printable(line)}\n`).join(''));
    },
  };
}

/** Control characters but none that a line of ours contains, line separators, and those that change its direction. */
// eslint-disable-next-line no-control-regex -- these are what it is for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `text` on one line that cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(STEERING, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
