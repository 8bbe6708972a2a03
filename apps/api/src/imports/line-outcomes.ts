/**
 * What became of the lines of an import, packed for storage and read back. Nothing of what was sent is kept: of a problem
 * its code and the places that it points to, in words that are ours.
 */
import { type ItemOutcome } from '../evidence/evidence-service.js';
import { PROBLEMS, type ContentError, type ProblemCode } from '../problems/catalogue.js';
import { ProblemError } from '../problems/problem-error.js';

const SIZE = 17;
const KIND = { blank: 0, accepted: 1, existing: 2, refused: 3 } as const;

/** As in a batch: stored now, or stored before. */
const STATUS = { [KIND.accepted]: 202, [KIND.existing]: 200 } as const;

/** What became of a line; undefined for a blank one. */
export type LineOutcome = ItemOutcome | undefined;

interface StoredProblem {
  readonly line: number;
  readonly code: ProblemCode;
  readonly errors?: readonly ContentError[];
}

export interface PackedOutcomes {
  readonly outcomes: Buffer;
  /** JSON. */
  readonly problems: string;
  readonly counts: { readonly accepted: number; readonly existing: number; readonly refused: number };
}

/** `firstLine` counts from 1. */
export function packOutcomes(lines: readonly LineOutcome[], firstLine: number): PackedOutcomes {
  const outcomes = Buffer.alloc(lines.length * SIZE);
  const problems: StoredProblem[] = [];
  const counts = { blank: 0, accepted: 0, existing: 0, refused: 0 };
  lines.forEach((outcome, index) => {
    const kind = outcome instanceof ProblemError ? 'refused' : outcome === undefined ? 'blank' : outcome.kind;
    counts[kind] += 1;
    outcomes[index * SIZE] = KIND[kind];
    if (outcome instanceof ProblemError) problems.push(withoutValues(outcome, firstLine + index));
    else if (outcome) outcomes.write(outcome.id.replaceAll('-', ''), index * SIZE + 1, 'hex');
  });
  return { outcomes, problems: JSON.stringify(problems), counts };
}

/** The results of the lines after `afterLine`, blank ones left out, as JSON. */
export function formatOutcomes(
  { outcomes, problems }: { readonly outcomes: Buffer; readonly problems: unknown },
  firstLine: number,
  afterLine: number,
): string[] {
  const byLine = new Map((problems as StoredProblem[]).map((problem) => [problem.line, problem]));
  const results: string[] = [];
  for (let index = Math.max(0, afterLine + 1 - firstLine); index * SIZE < outcomes.length; index += 1) {
    const line = firstLine + index;
    const kind = outcomes[index * SIZE];
    const problem = byLine.get(line);
    if (problem) results.push(formatProblem(problem));
    if (kind !== KIND.accepted && kind !== KIND.existing) continue;
    const id = formatId(outcomes.toString('hex', index * SIZE + 1, (index + 1) * SIZE));
    results.push(`{"line":${line},"status":${STATUS[kind]},"evidence":"${id}"}`);
  }
  return results;
}

const formatId = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

function formatProblem({ line, code, errors }: StoredProblem): string {
  const detail = errors?.[0]
    ? `${errors[0].pointer || 'the line'}: ${errors[0].detail}`
    : PROBLEMS[code].advice;
  const problem = new ProblemError(code, detail, errors && { errors }).toDocument();
  return JSON.stringify({ line, status: problem.status, problem });
}

/** What zod says of a member that is not in a schema names it, and the name is the client's. */
const NAMES_A_MEMBER = /^Unrecognized key/;

function withoutValues({ code, errors }: ProblemError, line: number): StoredProblem {
  if (!errors) return { line, code };
  return {
    line,
    code,
    errors: errors.map(({ pointer, detail }) => ({
      pointer,
      detail: NAMES_A_MEMBER.test(detail) ? 'has a member that is not in the schema' : detail,
    })),
  };
}
