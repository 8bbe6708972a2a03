/** Accepts evidence: one item, or up to 1,000 whose valid items are stored whatever becomes of the others. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type ValueCipher } from '@cunzheng/persistence';
import { type Principal } from '../auth/principal.js';
import { type Clock, type Dated } from '../clock/clock.js';
import { invalidContent, validate } from '../http/schema-pipe.js';
import { toOutcome, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { type Intake } from '../intake/intake.js';
import { type Acceptance } from '../intake/store-evidence.js';
import { type OpenLog, type OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';
import { type SignerKeys } from '../signers/signer-keys.js';
import { formatBatchResults, toAcceptanceProblem, type PreparedEvidence } from './batch-results.js';
import { type EvidenceReader } from './evidence-reader.js';
import { evidencePath, formatAcceptedResource, toResource } from './evidence-resource.js';
import { evidenceRequest, type EvidenceRequest } from './evidence.schemas.js';
import { fixRecord } from './fix-record.js';
import { createRandomPool } from './random-pool.js';
import { toEvidenceParts } from './submission.js';
import { ThreadTurns } from './thread-turns.js';

/** How many items of a batch are prepared at a time, before others get their turn. */
const SLICE = 100;

/** An answer, and whether it is stored under the request's claim already. */
export type Accepted = StoredAnswer & { readonly stored: boolean };

/** What became of one item of a part. */
export type ItemOutcome = { readonly kind: 'accepted' | 'existing'; readonly id: string } | ProblemError;

export class EvidenceService {
  readonly random = createRandomPool();
  private readonly turns = new ThreadTurns();

  constructor(
    private readonly logs: OpenLogs,
    private readonly intake: Intake,
    private readonly reader: EvidenceReader,
    private readonly keys: SignerKeys,
    private readonly signerRoots: readonly Uint8Array[],
    private readonly tsaRoots: readonly Uint8Array[],
    readonly values: ValueCipher,
    private readonly clock: Pick<Clock, 'read'>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Accepts one item. The answer is 202 with the new resource, or 200 with the original when its client reference
   * and fingerprints were accepted before.
   */
  accept(principal: Principal, request: EvidenceRequest, claim: Claim | undefined): Promise<Accepted> {
    return this.intake.withRoom(principal.organizationKey, 1, () =>
      this.logs.using((log) => this.acceptFor(log, principal, request, claim)),
    );
  }

  /** Accepts many. */
  acceptBatch(principal: Principal, items: readonly unknown[], claim: Claim | undefined): Promise<Accepted> {
    return this.intake.withRoom(principal.organizationKey, items.length, () =>
      this.logs.using((log) => this.acceptBatchFor(log, principal, items, claim)),
    );
  }

  private async acceptFor(
    log: OpenLog,
    principal: Principal,
    request: EvidenceRequest,
    claim: Claim | undefined,
  ): Promise<Accepted> {
    const { record, evidence, clientRef } = await this.prepare(principal, request, log, this.clock.read());
    const fresh = {
      status: 202,
      location: evidencePath(record.id),
      body: formatAcceptedResource(record, clientRef),
    };
    const [outcome] = toOutcome(claim, fresh);
    const acceptance = await this.intake.accept(log.id, { ...evidence, outcome });
    if (acceptance.kind === 'accepted') return { ...fresh, stored: true };
    if (acceptance.kind !== 'existing') throw toAcceptanceProblem(acceptance);
    const originals = await this.originals(principal, [], [acceptance]);
    return {
      status: 200,
      location: evidencePath(acceptance.id),
      body: originals.get(acceptance.id) ?? '',
      stored: false,
    };
  }

  private async acceptBatchFor(
    log: OpenLog,
    principal: Principal,
    items: readonly unknown[],
    claim: Claim | undefined,
  ): Promise<Accepted> {
    const prepared = await this.prepareAll(principal, items, log);
    const valid = prepared.filter((item): item is PreparedEvidence => !(item instanceof ProblemError));
    let stored: StoredAnswer | undefined;
    const answer = async (acceptances: readonly Acceptance[]): Promise<StoredAnswer> => {
      const originals = await this.originals(principal, valid, acceptances);
      return {
        status: 200,
        location: null,
        body: formatBatchResults(prepared, acceptances, originals),
        shows: idsShown(valid, acceptances),
      };
    };
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
    const failed = acceptances.find(({ kind }) => kind === 'failed');
    if (failed && claim) throw toAcceptanceProblem(failed);
    this.reportFailed(acceptances);
    if (stored && acceptances.some(({ kind }) => kind === 'accepted')) return { ...stored, stored: true };
    return { ...(await answer(acceptances)), stored: false };
  }

  /**
   * Accepts the items of a part of an import; a problem among them stays what it is. Each needs a client reference, so
   * that it can be sent again. Waits while the intake is full.
   */
  acceptEach(principal: Principal, items: readonly unknown[]): Promise<readonly ItemOutcome[]> {
    return this.intake.withRoomWhenFree(principal.organizationKey, items.length, () =>
      this.logs.using((log) => this.acceptEachFor(log, principal, items)),
    );
  }

  private async acceptEachFor(
    log: OpenLog,
    principal: Principal,
    items: readonly unknown[],
  ): Promise<readonly ItemOutcome[]> {
    const prepared = (await this.prepareAll(principal, items, log)).map(requireClientRef);
    const valid = prepared.filter((item): item is PreparedEvidence => !(item instanceof ProblemError));
    const acceptances = await this.intake.acceptAll(
      log.id,
      valid.map(({ evidence }) => evidence),
    );
    this.reportFailed(acceptances);
    let next = 0;
    return prepared.map((item) =>
      item instanceof ProblemError ? item : toItemOutcome(item, acceptances[next++]),
    );
  }

  /** Clients are told item by item; nothing else would tell the operator what failed for no fault of theirs. */
  private reportFailed(acceptances: readonly Acceptance[]): void {
    const problems = acceptances.filter(({ kind }) => kind === 'failed').map(toAcceptanceProblem);
    const ours = problems.find(({ code }) => code !== 'quota-exceeded');
    if (ours) this.onError(ours);
  }

  private async prepare(
    principal: Principal,
    request: EvidenceRequest,
    log: OpenLog,
    { nowMs, boundMs: clockBoundMs }: Dated,
  ): Promise<PreparedEvidence> {
    const parts = await toEvidenceParts(request, {
      principal,
      service: log.service,
      nowMs,
      keys: this.keys,
      crypto: nativeCrypto,
      signerRoots: this.signerRoots,
      tsaRoots: this.tsaRoots,
    });
    const dated = { ...parts, clockBoundMs };
    const { record, evidence } = fixRecord(dated, principal.organizationKey, log, nowMs, this);
    return { record, evidence, clientRef: parts.members.clientRef };
  }

  private async prepareAll(
    principal: Principal,
    items: readonly unknown[],
    log: OpenLog,
  ): Promise<(PreparedEvidence | ProblemError)[]> {
    const prepared: (PreparedEvidence | ProblemError)[] = [];
    for (let start = 0; start < items.length; start += SLICE) {
      await this.turns.next(principal.organizationKey);
      const dated = this.clock.read();
      const slice = items.slice(start, start + SLICE);
      prepared.push(
        ...(await Promise.all(slice.map((item) => this.prepareItem(principal, item, log, dated)))),
      );
    }
    return prepared;
  }

  private async prepareItem(
    principal: Principal,
    item: unknown,
    log: OpenLog,
    dated: Dated,
  ): Promise<PreparedEvidence | ProblemError> {
    if (item instanceof ProblemError) return item;
    try {
      return await this.prepare(principal, parseItem(item), log, dated);
    } catch (error) {
      if (error instanceof ProblemError) return error;
      throw error;
    }
  }

  /** JSON of the evidence that repeated references stand for: of this batch, or stored before. */
  private async originals(
    principal: Principal,
    batch: readonly PreparedEvidence[],
    acceptances: readonly Acceptance[],
  ): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(
      acceptances.flatMap((acceptance) => (acceptance.kind === 'existing' ? [acceptance.id] : [])),
    );
    if (ids.size === 0) return new Map();
    const ours = batch.filter(({ record }) => ids.has(record.id));
    const originals = new Map(
      ours.map(({ record, clientRef }) => [record.id, formatAcceptedResource(record, clientRef)]),
    );
    const earlier = [...ids].filter((id) => !originals.has(id));
    for (const [id, evidence] of await this.reader.load(principal, earlier)) {
      originals.set(id, JSON.stringify(toResource(evidence)));
    }
    const missing = earlier.find((id) => !originals.has(id));
    if (missing) throw new Error(`evidence ${missing} was found by its client reference but not by its id`);
    return originals;
  }
}

function requireClientRef(item: PreparedEvidence | ProblemError): PreparedEvidence | ProblemError {
  if (item instanceof ProblemError || item.clientRef !== undefined) return item;
  return invalidContent([{ pointer: '/clientRef', detail: 'an import needs one on each line' }]);
}

function toItemOutcome({ record }: PreparedEvidence, acceptance: Acceptance | undefined): ItemOutcome {
  if (acceptance?.kind === 'accepted') return { kind: 'accepted', id: record.id };
  if (acceptance?.kind === 'existing') return { kind: 'existing', id: acceptance.id };
  return toAcceptanceProblem(acceptance);
}

function idsShown(items: readonly PreparedEvidence[], acceptances: readonly Acceptance[]): string[] {
  return acceptances.flatMap((acceptance, index) => {
    if (acceptance.kind === 'existing') return [acceptance.id];
    return acceptance.kind === 'accepted' ? (items[index]?.record.id ?? []) : [];
  });
}

function parseItem(item: unknown): EvidenceRequest {
  const outcome = validate(evidenceRequest, item);
  if ('value' in outcome) return outcome.value;
  throw invalidContent(outcome.errors);
}
