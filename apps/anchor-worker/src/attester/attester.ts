/**
 * The attester: every interval it asks the witnesses of the policy to cosign the newest checkpoint, and timestamping
 * authorities to stamp it, and keeps what verifies. A checkpoint is attested only when the policy holds for what is kept;
 * without an answer, or with a wrong one, it just is not. It shares nothing with the sequencer but the database and the
 * ledger's files, so a slow or dead witness or authority delays nobody.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { logDirectory, openLedgerReader } from '@cunzheng/ledger/node';
import {
  readNewestCheckpoint,
  readWitnessSizes,
  storeAttestation,
  storeWitnessSize,
  type CheckpointToAttest,
} from '@cunzheng/persistence';
import {
  appendCosignatures,
  earliestCosignatures,
  evaluateQuorum,
  verifyCheckpoint,
  type NoteSignature,
  type Policy,
  type PolicyWitness,
} from '@cunzheng/receipt';
import { type Settings } from '@cunzheng/settings';
import { traced, type Tracing } from '@cunzheng/telemetry';
import { type LogIdentity } from '../log-key/log-identity.js';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { type AttestationPolicy } from './log-policy.js';
import { linksOf, type Stamper } from './stamper.js';
import { askWitness, WitnessAheadError } from './witness-client.js';

/** How far a witness's clock may be off before its cosignature is not taken. */
const MAX_CLOCK_SKEW_MS = 300_000;

export class Attester {
  private readonly stopping = new AbortController();
  private isLast = false;

  constructor(
    private readonly settings: Settings,
    private readonly log: LogIdentity,
    private readonly required: () => AttestationPolicy,
    private readonly stamper: Stamper,
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly now: () => number,
    private readonly metrics: WorkerMetrics,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Runs until stopped or {@link finish}ed; a round that fails is logged and the next one tries again.
   *
   * @throws WitnessAheadError when a witness remembers more than we have: the worker must stop.
   */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const { isLast } = this;
      if ((await this.attempt(true)) && isLast) return;
      await delay(this.settings.ATTEST_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * One round that may fail. Before sequencing begins it shows whether a witness remembers a longer history; timestamps can
   * wait then. Whether the newest checkpoint needs nothing more.
   *
   * @throws WitnessAheadError
   */
  async attempt(withTimestamps = false): Promise<boolean> {
    return await this.attestNewest(withTimestamps).catch((error: unknown) => {
      if (error instanceof WitnessAheadError) throw error;
      this.metrics.errors.inc({ part: 'attester' });
      this.logger.warn({ err: error }, 'attesting failed: trying again');
      return false;
    });
  }

  /** No further checkpoint will come: {@link run} ends once the newest one needs nothing more. */
  finish(): void {
    this.isLast = true;
  }

  stop(): void {
    this.stopping.abort();
  }

  /** With the keys that the log has by now. */
  private get policy(): Policy {
    return this.required().policy;
  }

  /** One round over the newest checkpoint. An attested one may still get timestamps that are missing. */
  private async attestNewest(withTimestamps: boolean): Promise<boolean> {
    const newest = await readNewestCheckpoint(this.pool, this.log.id);
    if (!newest) return true;
    const { treeSize, traceparent } = newest;
    const checkpoint = { log: this.log, treeSize, note: newest.note, traceparent };
    const [lines] = await Promise.all([
      newest.attested ? [] : this.collect(newest),
      withTimestamps ? this.stamper.stamp(checkpoint, this.stopping.signal) : undefined,
    ]);
    const { policy, minTimestamps, isRequired } = this.required();
    if (newest.attested || !isRequired) return true;
    const witnessKeys = policy.witnesses.map(({ key }) => key);
    const note = appendCosignatures(nativeCrypto, newest.note, lines, witnessKeys);
    const isStamped = (await this.stamper.countAuthorities(checkpoint)) >= minTimestamps;
    const attested = this.holds(note) && isStamped;
    await storeAttestation(this.pool, { log: this.log.id, treeSize, note, attested });
    this.logger.info({ treeSize, cosignatures: lines.length, attested }, 'attestation');
    return attested;
  }

  private holds(note: string): boolean {
    const { cosignatures } = verifyCheckpoint(nativeCrypto, this.policy, note);
    return evaluateQuorum(this.policy, earliestCosignatures(this.policy, cosignatures)).satisfied;
  }

  /** Lines of all witnesses that answer in time, asked side by side. */
  private async collect(newest: CheckpointToAttest): Promise<NoteSignature[]> {
    const { cosignatures } = verifyCheckpoint(nativeCrypto, this.policy, newest.note);
    const present = new Set(cosignatures.map(({ key }) => key.vkey));
    const sizes = await readWitnessSizes(this.pool, this.log.id);
    const missing = this.policy.witnesses.filter(hasUrl).filter(({ key }) => !present.has(key.vkey));
    const ledger = await openLedgerReader({
      dir: logDirectory(this.settings.LEDGER_DIR, this.log.name),
      tileCacheBytes: 1_048_576,
    });
    const prove = (size1: number, size2: number): Promise<Uint8Array[]> =>
      ledger.computeConsistencyProof(size1, size2);
    try {
      const asked = missing.map((witness) =>
        this.ask(witness, newest, sizes.get(witness.key.vkey) ?? 0, prove).catch((error: unknown) => {
          if (error instanceof WitnessAheadError) throw error;
          if (this.stopping.signal.aborted) return [];
          this.metrics.witnessFailures.inc({ witness: witness.name });
          this.logger.warn({ witness: witness.name, err: error }, 'witness did not cosign');
          return [];
        }),
      );
      return (await Promise.all(asked)).flat();
    } finally {
      await ledger.close();
    }
  }

  private async ask(
    witness: PolicyWitness & { readonly url: string },
    { note, treeSize, traceparent }: CheckpointToAttest,
    knownSize: number,
    prove: (size1: number, size2: number) => Promise<Uint8Array[]>,
  ): Promise<readonly NoteSignature[]> {
    const timeoutMs = this.settings.WITNESS_TIMEOUT_MS;
    const stop = this.stopping.signal;
    const observe = this.metrics.cosigning.startTimer({ witness: witness.name });
    const options = {
      kind: 'client',
      links: linksOf({ traceparent }),
      attributes: { 'cunzheng.tree_size': treeSize },
    } as const;
    const lines = await traced(this.tracing, 'cosign checkpoint', options, () =>
      askWitness({ witness, note, treeSize, knownSize, prove, timeoutMs, stop }).finally(observe),
    );
    this.assertPlausible(witness, note, lines);
    this.metrics.cosignatures.inc({ witness: witness.name });
    await storeWitnessSize(this.pool, this.log.id, witness.key.vkey, treeSize);
    return lines;
  }

  /** A cosignature says when it was made. One far from our clock would make every later reader doubt the receipt. */
  private assertPlausible(witness: PolicyWitness, note: string, lines: readonly NoteSignature[]): void {
    const cosigned = appendCosignatures(nativeCrypto, note, lines, [witness.key]);
    const { cosignatures } = verifyCheckpoint(
      nativeCrypto,
      { logs: this.policy.logs, witnesses: [witness] },
      cosigned,
    );
    const nowMs = this.now();
    if (cosignatures.every(({ cosignedAtMs = 0 }) => Math.abs(cosignedAtMs - nowMs) <= MAX_CLOCK_SKEW_MS))
      return;
    throw new Error('the cosignature is dated more than five minutes from our clock');
  }
}

function hasUrl(witness: PolicyWitness): witness is PolicyWitness & { readonly url: string } {
  return witness.url !== undefined;
}
