/**
 * The answer to a batch, as JSON text: one result for each item, in order. New evidence is written straight into it;
 * for a repeated reference the original stands in its place.
 */
import { type Acceptance, type NewEvidence } from '../intake/store-evidence.js';
import { ProblemError } from '../problems/problem-error.js';
import { formatAcceptedResource } from './evidence-resource.js';
import { type FixedRecord } from './fix-record.js';

/** An item whose record is fixed and ready to be stored. */
export interface PreparedEvidence {
  readonly record: FixedRecord;
  readonly evidence: NewEvidence;
  readonly clientRef: string | undefined;
}

/**
 * `acceptances` are those of the prepared items, in their order; `originals` holds, by id, the JSON text of earlier
 * evidence that an item repeats.
 */
export function formatBatchResults(
  items: readonly (PreparedEvidence | ProblemError)[],
  acceptances: readonly Acceptance[],
  originals: ReadonlyMap<string, string>,
): string {
  let next = 0;
  // A megabyte and more: appended to, it is copied once, when it is sent.
  let text = '{"results":[';
  items.forEach((item, index) => {
    if (index > 0) text += ',';
    if (item instanceof ProblemError) text += formatProblem(index, item);
    else text += formatResult(index, item, acceptances[next++], originals);
  });
  return `${text}]}`;
}

function formatResult(
  index: number,
  item: PreparedEvidence,
  acceptance: Acceptance | undefined,
  originals: ReadonlyMap<string, string>,
): string {
  if (acceptance?.kind === 'accepted') {
    return `{"index":${index},"status":202,"evidence":${formatAcceptedResource(item.record, item.clientRef)}}`;
  }
  const original = acceptance?.kind === 'existing' ? originals.get(acceptance.id) : undefined;
  if (original !== undefined) return `{"index":${index},"status":200,"evidence":${original}}`;
  return formatProblem(index, toAcceptanceProblem(acceptance));
}

function formatProblem(index: number, problem: ProblemError): string {
  return `{"index":${index},"status":${problem.status},"problem":${JSON.stringify(problem.toDocument())}}`;
}

/** Why an item that was ready to be stored has no evidence to show. */
export function toAcceptanceProblem(acceptance: Acceptance | undefined): ProblemError {
  if (acceptance?.kind === 'conflict') {
    return new ProblemError(
      'client-ref-conflict',
      'this clientRef was used for other fingerprints: choose another',
    );
  }
  if (acceptance?.kind === 'failed' && acceptance.error instanceof ProblemError) return acceptance.error;
  return new ProblemError('busy', 'the record was not stored: repeat the request', {
    retryAfterSeconds: 1,
    cause: acceptance?.kind === 'failed' ? acceptance.error : undefined,
  });
}
