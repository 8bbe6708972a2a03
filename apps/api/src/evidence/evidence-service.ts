/** Accepts evidence: one item, or up to 1,000 whose valid items are stored whatever becomes of the others. */
import { createRandomPool } from './random-pool.js';
import { toOutcome, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { invalidContent, validate } from '../http/schema-pipe.js';
import { type Intake } from '../intake/intake.js';
import { type Acceptance, type NewEvidence } from '../intake/store-evidence.js';
import { type OpenLog, type OpenLogs } from '../logs/open-log.js';
import { type ProblemDocument } from '../problems/catalogue.js';
import { ProblemError } from '../problems/problem-error.js';
import { type Principal } from '../auth/principal.js';
import { type SignerKeys } from '../signers/signer-keys.js';
import { type EvidenceReader } from './evidence-reader.js';
import { evidencePath, toAcceptedResource, toResource, type EvidenceResource } from './evidence-resource.js';
import { evidenceRequest, type EvidenceRequest } from './evidence.schemas.js';
import { fixRecord, type FixedRecord } from './fix-record.js';
import { toEvidenceParts } from './submission.js';

/** How many items of a batch are prepared before other requests get their turn. */
const YIELD_EVERY = 250;

export type BatchResult =
  | { readonly index: number; readonly status: 200 | 202; readonly evidence: EvidenceResource }
  | { readonly index: number; readonly status: number; readonly problem: ProblemDocument };

interface Prepared {
  readonly record: FixedRecord;
  readonly evidence: NewEvidence;
  readonly clientRef: string | undefined;
}

export class EvidenceService {
  private readonly random = createRandomPool();

  constructor(
    private readonly logs: OpenLogs,
    private readonly intake: Intake,
    private readonly reader: EvidenceReader,
    private readonly keys: SignerKeys,
    private readonly now: () => number,
  ) {}

  /**
   * Accepts one item. The answer is 202 with the new resource, or 200 with the original when its client reference
   * and fingerprints were accepted before.
   */
  async accept(principal: Principal, request: EvidenceRequest, claim: Claim | undefined): Promise<StoredAnswer & { stored: boolean }> {
    const log = await this.logs.current();
    const prepared = await this.prepare(principal, request, log);
    const fresh = toAnswer(202, toAcceptedResource(prepared.record, prepared.clientRef));
    const [outcome] = toOutcome(claim, fresh);
    const acceptance = await this.intake.accept(log.id, { ...prepared.evidence, outcome });
    if (acceptance.kind === 'accepted') return { ...fresh, stored: true };
    return { ...toAnswer(200, await this.original(principal, acceptance)), stored: false };
  }

  /** Accepts many. `stored` says whether the answer is stored under the claim already. */
  async acceptBatch(principal: Principal, items: readonly unknown[], claim: Claim | undefined): Promise<StoredAnswer & { stored: boolean }> {
    const log = await this.logs.current();
    const prepared = await this.prepareAll(principal, items, log);
    const valid = prepared.filter((item): item is Prepared => !(item instanceof ProblemError));
    let stored: StoredAnswer | undefined;
    const answer = async (acceptances: readonly Acceptance[]): Promise<StoredAnswer> =>
      toAnswer(200, { results: toResults(prepared, acceptances, await this.originals(principal, valid, acceptances)) });
    const acceptances = await this.intake.acceptAll(
      log.id,
      valid.map(({ evidence }) => evidence),
      claim &&
        (async (expected) => {
          stored = await answer(expected);
          return toOutcome(claim, stored);
        }),
    );
    // With a claim, nothing was stored when an item failed: the claim is given up and the whole request may be repeated.
    const failed = claim && acceptances.find(({ kind }) => kind === 'failed');
    if (failed) throw toProblem(failed);
    if (stored && acceptances.some(({ kind }) => kind === 'accepted')) return { ...stored, stored: true };
    return { ...(await answer(acceptances)), stored: false };
  }

  private async prepare(principal: Principal, request: EvidenceRequest, log: OpenLog): Promise<Prepared> {
    const nowMs = this.now();
    const parts = await toEvidenceParts(request, { principal, service: log.service, nowMs, keys: this.keys });
    const { record, evidence } = fixRecord(parts, principal.organizationKey, log, nowMs, this.random);
    return { record, evidence, clientRef: parts.members.clientRef };
  }

  private async prepareAll(principal: Principal, items: readonly unknown[], log: OpenLog): Promise<(Prepared | ProblemError)[]> {
    const prepared: (Prepared | ProblemError)[] = [];
    for (const item of items) {
      prepared.push(await this.prepareItem(principal, item, log));
      if (prepared.length % YIELD_EVERY === 0) await new Promise(setImmediate);
    }
    return prepared;
  }

  private async prepareItem(principal: Principal, item: unknown, log: OpenLog): Promise<Prepared | ProblemError> {
    try {
      return await this.prepare(principal, parseItem(item), log);
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  }

  private async original(principal: Principal, acceptance: Acceptance): Promise<EvidenceResource> {
    if (acceptance.kind !== 'existing') throw toProblem(acceptance);
    const found = (await this.reader.load(principal, [acceptance.id])).get(acceptance.id);
    if (!found) throw new Error(`evidence ${acceptance.id} was found by its client reference but not by its id`);
    return toResource(found);
  }

  /** The resources that repeated references stand for: of this batch, or stored before. */
  private async originals(
    principal: Principal,
    batch: readonly Prepared[],
    acceptances: readonly Acceptance[],
  ): Promise<ReadonlyMap<string, EvidenceResource>> {
    const ids = new Set(acceptances.flatMap((acceptance) => (acceptance.kind === 'existing' ? [acceptance.id] : [])));
    const ours = batch.filter(({ record }) => ids.has(record.id));
    const originals = new Map(ours.map(({ record, clientRef }) => [record.id, toAcceptedResource(record, clientRef)]));
    const earlier = [...ids].filter((id) => !originals.has(id));
    if (earlier.length === 0) return originals;
    for (const [id, evidence] of await this.reader.load(principal, earlier)) originals.set(id, toResource(evidence));
    return originals;
  }
}

function parseItem(item: unknown): EvidenceRequest {
  const outcome = validate(evidenceRequest, item);
  if ('value' in outcome) return outcome.value;
  throw invalidContent(outcome.errors);
}

function toAnswer(status: 200 | 202, body: EvidenceResource | { results: BatchResult[] }): StoredAnswer {
  return { status, location: 'id' in body ? evidencePath(body.id) : null, body: JSON.stringify(body) };
}

function toResults(
  prepared: readonly (Prepared | ProblemError)[],
  acceptances: readonly Acceptance[],
  originals: ReadonlyMap<string, EvidenceResource>,
): BatchResult[] {
  let next = 0;
  return prepared.map((item, index) => {
    if (item instanceof ProblemError) return { index, status: item.status, problem: item.toDocument() };
    return toResult(index, item, acceptances[next++], originals);
  });
}

function toResult(
  index: number,
  item: Prepared,
  acceptance: Acceptance | undefined,
  originals: ReadonlyMap<string, EvidenceResource>,
): BatchResult {
  if (acceptance?.kind === 'accepted') return { index, status: 202, evidence: toAcceptedResource(item.record, item.clientRef) };
  const original = acceptance?.kind === 'existing' ? originals.get(acceptance.id) : undefined;
  if (original) return { index, status: 200, evidence: original };
  const problem = toProblem(acceptance);
  return { index, status: problem.status, problem: problem.toDocument() };
}

function toProblem(acceptance: Acceptance | undefined): ProblemError {
  if (acceptance?.kind === 'conflict') {
    return new ProblemError('client-ref-conflict', 'this clientRef was used for other fingerprints: choose another');
  }
  return new ProblemError('busy', 'the record was not stored: repeat the request', {
    retryAfterSeconds: 1,
    cause: acceptance?.kind === 'failed' ? acceptance.error : undefined,
  });
}
