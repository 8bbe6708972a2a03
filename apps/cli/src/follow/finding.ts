/**
 * What a follower finds and goes to somebody with: the kind, the exit code it stands for, and a file that holds the signed
 * checkpoints themselves, so that whoever gets it can verify it without the follower.
 */
import { createHash } from 'node:crypto';
import { writeFileDurably } from '@cunzheng/ledger/node';
import { encodeBase64 } from '@cunzheng/receipt';
import { type ProvenEvent } from './log-events.js';
import { type Beginning } from './prove-growth.js';

export const FINDING_EXIT = { fork: 10, rollback: 11, 'bad-signature': 12, stale: 13 } as const;
export type FindingKind = keyof typeof FINDING_EXIT;

export interface Finding {
  readonly kind: FindingKind;
  readonly message: string;
  /** The signed note that is remembered; for a fork, one of the two that contradict each other. */
  readonly seen?: string;
  /** The note that was served. */
  readonly served?: string;
  /** For a fork between trees of two sizes: what the larger tree has in the place of the smaller one. */
  readonly beginning?: Beginning;
  /** The `close` that a signed tree contradicts, with its place in that tree or in the one before. */
  readonly event?: ProvenEvent;
}

/** The content of a finding's file and the body of an alert. */
export interface FindingReport {
  readonly format: 'cunzheng/finding@v1';
  readonly finding: FindingKind;
  readonly message: string;
  readonly origin: string;
  readonly url: string;
  readonly foundAt: string;
  readonly seen?: string;
  readonly served?: string;
  readonly beginning?: {
    readonly size: number;
    readonly rootHash: string;
    readonly proof: readonly string[];
  };
  readonly event?: ProvenEvent;
}

export function reportFinding(
  finding: Finding,
  log: { readonly origin: string; readonly url: string },
  nowMs: number,
): FindingReport {
  const { kind, message, seen, served, beginning, event } = finding;
  return {
    format: 'cunzheng/finding@v1',
    finding: kind,
    message,
    origin: log.origin,
    url: log.url,
    foundAt: new Date(nowMs).toISOString(),
    ...(seen === undefined ? {} : { seen }),
    ...(served === undefined ? {} : { served }),
    ...(beginning === undefined
      ? {}
      : {
          beginning: {
            size: beginning.size,
            rootHash: encodeBase64(beginning.rootHash),
            proof: beginning.proof.map(encodeBase64),
          },
        }),
    ...(event === undefined ? {} : { event }),
  };
}

/**
 * Writes the file beside the state file and gives its path. The name follows from the kind and the notes, so the same
 * finding, made again by the next run, is one file. @throws LedgerError `io-fatal`.
 */
export async function saveFinding(statePath: string, report: FindingReport): Promise<string> {
  const { finding, seen = '', served = '' } = report;
  const id = createHash('sha256').update(`${seen}\0${served}`).digest('hex').slice(0, 16);
  const path = `${statePath}.${finding}-${id}.json`;
  await writeFileDurably(path, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  return path;
}
