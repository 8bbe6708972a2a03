/** What the API's own code throws: a problem code with a public explanation. The filter turns it into an answer. */
import {
  PROBLEMS,
  problemType,
  type ContentError,
  type ProblemCode,
  type ProblemDocument,
} from './catalogue.js';

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly errors: readonly ContentError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** `detail` is shown to the client: it says what to do next and holds nothing internal. */
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options: { errors?: readonly ContentError[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  toDocument(requestId?: string): ProblemDocument {
    const { status, title } = PROBLEMS[this.code];
    return {
      type: problemType(this.code),
      title,
      status,
      detail: this.detail,
      ...(this.errors && { errors: this.errors }),
      ...(requestId !== undefined && { requestId }),
    };
  }
}
