/**
 * What a log says or holds that cannot be right, as its reader meets it: a part that is missing although a checkpoint
 * covers it, or one that is not what it must be. It becomes a finding; failures of network or disk do not.
 */
export interface Place {
  readonly height?: number;
  readonly leafIndex?: number;
  readonly treeSize?: number;
  /** `tile/…` or `tile/entries/…`, as C2SP tlog-tiles names it. */
  readonly tile?: string;
  readonly file?: string;
  readonly offset?: number;
}

export class LogFault extends Error {
  override readonly name = 'LogFault';

  constructor(
    readonly kind: 'missing' | 'damaged',
    message: string,
    readonly place: Place = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was read, or why it is none. */
export type Outcome<T> = { readonly value: T } | { readonly fault: LogFault };

/** The outcome of reading something; whatever is no {@link LogFault} is thrown. */
export async function outcomeOf<T>(reading: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await reading };
  } catch (fault) {
    if (fault instanceof LogFault) return { fault };
    throw fault;
  }
}
