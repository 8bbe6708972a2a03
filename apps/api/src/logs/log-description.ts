/**
 * `log.v1.json`: what a client needs to know about a log before it reads it. Descriptive: whoever verifies takes keys
 * and policy from a trust folder of their own, and may compare.
 */
import {
  ENTRY_SIZE,
  MAX_BLOCK_HEADER_SIZE,
  MAX_EVENT_SIZE,
  type OpenEvent,
  type Operator,
} from '@cunzheng/ledger';
import { TILE_HEIGHT } from '@cunzheng/merkle';
import { type KeyWindow } from '@cunzheng/receipt';
import { type LogState } from './log-records.js';
import { MAX_PAGE } from './logs.schemas.js';

export const LOG_FORMAT = 'cunzheng/log@v1';

/** A log in `GET /logs`. */
export interface LogSummary {
  readonly name: string;
  readonly origin: string;
  readonly state: 'open' | 'closed';
  readonly openedAt: string;
  readonly closedAt?: string;
  /** Where it is served: `checkpoint`, `tile/…` and the rest are below it. */
  readonly path: string;
}

export interface LogDescription extends LogSummary {
  readonly format: typeof LOG_FORMAT;
  readonly operator?: Operator;
  /** Tree sizes of the checkpoints that each key signs, as in a trust folder's `trust.json`. */
  readonly verifierKeys: readonly KeyWindow[];
  /** C2SP tlog-policy: what this service holds a checkpoint to before it calls it final. */
  readonly policy: string;
  /** How many timestamping authorities it holds it to, as in a trust folder's `trust.json`. */
  readonly minTimestamps: number;
  /** Their roots, as in a trust folder's `tsa-roots.pem`; missing where there are none. */
  readonly tsaRoots?: string;
  readonly tileHeight: typeof TILE_HEIGHT;
  readonly limits: Readonly<Record<string, number>>;
  /** Where records are handed in, while the log takes any. */
  readonly submission?: {
    readonly path: string;
    readonly authentication: 'api-key';
    readonly documentation: string;
  };
}

/** `state`: what the database says; a log it does not know has no writer here. */
export function summarizeLog(name: string, opening: OpenEvent, state: LogState | undefined): LogSummary {
  return {
    name,
    origin: opening.log,
    state: state && state.closedAt === null ? 'open' : 'closed',
    openedAt: opening.createdAt,
    ...(state?.closedAt && { closedAt: state.closedAt.toISOString() }),
    path: `/logs/${name}`,
  };
}

/** `treeSize`: that of the newest published checkpoint; what it does not cover is not said. `tsaRoots`: PEM, or nothing. */
export function describeLog(
  name: string,
  opening: OpenEvent,
  state: LogState | undefined,
  treeSize: number,
  tsaRoots: string,
): LogDescription {
  const summary = summarizeLog(name, opening, state);
  const windows = state?.keys
    ? publishedWindows(state.keys, treeSize)
    : opening.verifierKeys.map(fromTheBeginning);
  return {
    format: LOG_FORMAT,
    ...summary,
    ...(opening.operator && { operator: opening.operator }),
    verifierKeys: windows,
    policy: state?.policy ?? `${windows.map(({ vkey }) => `log ${vkey}\n`).join('')}quorum none\n`,
    minTimestamps: state?.minTimestamps ?? 0,
    ...(tsaRoots !== '' && { tsaRoots }),
    tileHeight: TILE_HEIGHT,
    limits: {
      entrySizeBytes: ENTRY_SIZE,
      maxBlockHeaderSizeBytes: MAX_BLOCK_HEADER_SIZE,
      maxEventSizeBytes: MAX_EVENT_SIZE,
      maxBlocksPerPage: MAX_PAGE.blocks,
      maxEventsPerPage: MAX_PAGE.events,
      maxCheckpointsPerPage: MAX_PAGE.checkpoints,
    },
    ...(state?.isClosing === false &&
      summary.state === 'open' && {
        submission: { path: '/v1/evidence', authentication: 'api-key', documentation: '/openapi.json' },
      }),
  };
}

/** Without the database only the opening is known: keys that the log changed to stand in its events. */
const fromTheBeginning = (vkey: string): KeyWindow => ({ vkey, fromSize: 1 });

function publishedWindows(windows: readonly KeyWindow[], treeSize: number): KeyWindow[] {
  return windows
    .filter(({ fromSize = 1 }) => fromSize - 1 <= treeSize)
    .map(({ vkey, fromSize = 1, toSize = Infinity }) => ({
      vkey,
      fromSize,
      ...(toSize <= treeSize && { toSize }),
    }));
}
