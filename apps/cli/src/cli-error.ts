/** What the command line gives up with: a code, one line that says what to do next, and the exit code it stands for. */

/** Exit codes, the same for every command; `--help` documents them. */
export const EXIT = {
  /** Done; for `verify`: the receipt holds; for `audit` and `ledger`: nothing wrong was found. */
  done: 0,
  /** `verify`: the receipt was altered or belongs to another document. `audit`, `ledger`: something wrong was found. */
  refused: 1,
  /** What was given cannot be used: arguments, files, keys, settings, or a request that the service refuses. */
  usage: 2,
  /** Not completed: nothing can be verified, the service does not answer, the receipt is not ready. */
  incomplete: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_BY_CODE = {
  usage: EXIT.usage,
  file: EXIT.usage,
  key: EXIT.usage,
  settings: EXIT.usage,
  'service-refused': EXIT.usage,
  'trust-invalid': EXIT.usage,
  'ledger-damaged': EXIT.refused,
  'package-altered': EXIT.refused,
  'ledger-locked': EXIT.incomplete,
  'trust-missing': EXIT.incomplete,
  'service-unavailable': EXIT.incomplete,
  'service-answer': EXIT.incomplete,
  'receipt-pending': EXIT.incomplete,
  database: EXIT.incomplete,
  interrupted: EXIT.incomplete,
} as const satisfies Record<string, ExitCode>;

export type CliErrorCode = keyof typeof EXIT_BY_CODE;

export class CliError extends Error {
  override readonly name: string = 'CliError';

  constructor(
    readonly code: CliErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitCode(): ExitCode {
    return EXIT_BY_CODE[this.code];
  }
}
