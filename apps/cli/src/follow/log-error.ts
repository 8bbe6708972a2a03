/** Why a look at a log gave nothing. None of it is a finding: the next look may do better, until the log is stale. */

export type LogErrorCode =
  /** No answer, or none in time. */
  | 'unreachable'
  /** An answer with another status than 200. */
  | 'status'
  /** An answer that is longer than it may be. */
  | 'too-large'
  /** An answer that is not what was asked for. */
  | 'malformed'
  /** Tiles or blocks that do not belong to the tree that the log has signed. */
  | 'unproven';

export class LogError extends Error {
  override readonly name = 'LogError';

  constructor(
    readonly code: LogErrorCode,
    message: string,
    options?: ErrorOptions & { readonly status?: number },
  ) {
    super(message, options);
    this.status = options?.status;
  }

  readonly status: number | undefined;
}
