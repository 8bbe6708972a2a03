/**
 * A visitor's session: what was given, what is being hashed, and the verdict on every receipt. It knows no page; the
 * page draws its state after each change. One document is hashed at a time, and a receipt is verified as soon as it is
 * clear which document, if any, belongs to it.
 */
import { type DigestName } from '@cunzheng/crypto';
import { type TimestampResult, type VerificationReport } from '@cunzheng/receipt';
import { hashFile, HashCancelled, type HashJob, type OpenHashWorker } from '../hashing/hash-file.js';
import { type GivenDocument, type GivenReceipt, type HashingState } from '../intake/given.js';
import { type Partner, pairUp } from '../intake/pair-up.js';
import { sortFile } from '../intake/sort-file.js';
import { type ListStamp, type SortedFile } from '../intake/sorted-file.js';
import { type TrustSource } from '../trust/trust-source.js';
import { fingerprintsOf } from './read-receipt.js';
import { verifyGiven, verifyStamp } from './verify-given.js';

export interface Case {
  readonly receipt: GivenReceipt;
  readonly partner: Partner;
  /** Absent until it is verified. */
  readonly report?: VerificationReport;
}

export interface UnreadableFile {
  readonly name: string;
  /** English, for experts. */
  readonly reason: string;
}

/** The timestamp over a package's list, once it was verified under the trust in force. */
export interface StampCase {
  readonly stamp: ListStamp;
  /** Null where the trust names no roots; absent until it is verified. */
  readonly result?: TimestampResult | null;
}

export interface SessionState {
  readonly trust: TrustSource;
  readonly cases: readonly Case[];
  readonly documents: readonly GivenDocument[];
  readonly stamps: readonly StampCase[];
  /** Files that could not be read at all, or are not what they say. */
  readonly unreadable: readonly UnreadableFile[];
}

/** What is computed for a document as long as no receipt says what it needs. */
const USUAL_ALGORITHMS: readonly DigestName[] = ['sha-256', 'sm3'];

export class Session {
  private receipts: readonly GivenReceipt[] = [];
  private documents: readonly GivenDocument[] = [];
  private stamps: readonly StampCase[] = [];
  private unreadable: readonly UnreadableFile[] = [];
  private trust: TrustSource = { kind: 'loading' };
  /** By receipt, with what it was made from. */
  private reports = new Map<number, { readonly of: string; readonly report: VerificationReport }>();
  private trustVersion = 0;
  private nextId = 1;
  private job: { readonly document: number; readonly hash: HashJob } | undefined;
  private verifying = false;

  constructor(
    private readonly openWorker: OpenHashWorker,
    private readonly onChange: (state: SessionState) => void,
  ) {}

  get state(): SessionState {
    const partners = pairUp(this.receipts, this.documents);
    const cases = this.receipts.map((receipt, index): Case => {
      const partner = partners[index] ?? { kind: 'none' };
      const known = this.reports.get(receipt.id);
      const isCurrent = known?.of === this.basisOf(partner);
      return { receipt, partner, ...(isCurrent ? { report: known.report } : {}) };
    });
    const { trust, documents, stamps, unreadable } = this;
    return { trust, cases, documents, stamps, unreadable };
  }

  setTrust(trust: TrustSource): void {
    this.trust = trust;
    this.trustVersion++;
    this.stamps = this.stamps.map(({ stamp }) => ({ stamp }));
    this.proceed();
  }

  /** Files that come together are judged together: no verdict about a receipt before its document is there. */
  async give(files: readonly File[]): Promise<void> {
    const sorted: SortedFile[] = [];
    const unreadable: UnreadableFile[] = [];
    for (const file of files) {
      try {
        sorted.push(...(await sortFile(file)));
      } catch (error) {
        unreadable.push({ name: file.name, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    // At one stroke: a trust that comes while files are read has everything verified that is there.
    for (const one of sorted) {
      if (one.kind === 'receipt') this.addReceipt(one.name, one.bytes);
      else if (one.kind === 'document') this.addFile(one.file, one.isCarrier);
      else this.stamps = [...this.stamps, { stamp: one.stamp }];
    }
    this.unreadable = [...this.unreadable, ...unreadable];
    this.proceed();
  }

  giveReceipt(name: string, bytes: Uint8Array): void {
    this.addReceipt(name, bytes);
    this.proceed();
  }

  giveFingerprint(algorithm: DigestName, digest: string): void {
    const digests = { [algorithm]: digest };
    this.addDocument({ name: '', fingerprintOf: algorithm, digests, hashing: { state: 'done' } });
    this.proceed();
  }

  cancelHashing(document: number): void {
    if (this.job?.document === document) this.job.hash.cancel();
    else this.setHashing(document, { state: 'cancelled' });
  }

  hashAgain(document: number): void {
    this.setHashing(document, { state: 'waiting' });
    this.proceed();
  }

  removeDocument(document: number): void {
    this.documents = this.documents.filter(({ id }) => id !== document);
    if (this.job?.document === document) this.job.hash.cancel();
    this.proceed();
  }

  clear(): void {
    this.receipts = [];
    this.documents = [];
    this.stamps = [];
    this.unreadable = [];
    this.reports.clear();
    this.job?.hash.cancel();
    this.proceed();
  }

  private addReceipt(name: string, bytes: Uint8Array): void {
    const receipt = { id: this.nextId++, name, bytes, fingerprints: fingerprintsOf(bytes) };
    this.receipts = [...this.receipts, receipt];
  }

  private addFile(file: File, isCarrier?: true): void {
    const given = { name: file.name, file, digests: {}, hashing: { state: 'waiting' } } as const;
    this.addDocument(isCarrier ? { ...given, isCarrier } : given);
  }

  private addDocument(document: Omit<GivenDocument, 'id'>): void {
    this.documents = [...this.documents, { id: this.nextId++, ...document }];
  }

  /** Does whatever can be done next; called after every change. */
  private proceed(): void {
    this.askForMissingDigests();
    void this.hashNext();
    void this.verifyAll();
    void this.verifyStamps();
    this.onChange(this.state);
  }

  /** A document that is done is hashed again when a receipt came that needs another algorithm. */
  private askForMissingDigests(): void {
    for (const document of this.documents) {
      if (document.file === undefined || document.hashing.state !== 'done') continue;
      if (this.missingFor(document).length > 0) this.setHashing(document.id, { state: 'waiting' });
    }
  }

  private missingFor({ digests }: GivenDocument): readonly DigestName[] {
    const wanted = new Set(
      this.receipts.flatMap(({ fingerprints }) => fingerprints.map(({ algorithm }) => algorithm)),
    );
    const all: readonly DigestName[] = wanted.size === 0 ? USUAL_ALGORITHMS : [...wanted];
    return all.filter((name) => digests[name] === undefined);
  }

  private async hashNext(): Promise<void> {
    if (this.job !== undefined) return;
    const document = this.documents.find(({ hashing }) => hashing.state === 'waiting');
    if (document?.file === undefined) return;
    const { id, file } = document;
    const hash = hashFile(this.openWorker, { file, algorithms: this.missingFor(document) }, (hashedBytes) => {
      this.setHashing(id, { state: 'running', hashedBytes });
    });
    this.job = { document: id, hash };
    this.setHashing(id, { state: 'running', hashedBytes: 0 });
    const outcome = await hash.result.then(
      (digests) => ({ digests, hashing: { state: 'done' } as const }),
      (error: unknown) => ({ digests: {}, hashing: stateAfter(error) }),
    );
    this.job = undefined;
    this.updateDocument(id, ({ digests }) => ({
      digests: { ...digests, ...outcome.digests },
      hashing: outcome.hashing,
    }));
    this.proceed();
  }

  private async verifyAll(): Promise<void> {
    if (this.verifying || this.trust.kind === 'loading') return;
    this.verifying = true;
    for (let next = this.findUnverified(); next !== undefined; next = this.findUnverified()) {
      const { receipt, partner } = next;
      const of = this.basisOf(partner);
      const digests = partner.kind === 'document' ? partner.document.digests : undefined;
      const report = await verifyGiven(receipt.bytes, digests, this.trust);
      this.reports.set(receipt.id, { of, report });
      this.onChange(this.state);
    }
    this.verifying = false;
  }

  private async verifyStamps(): Promise<void> {
    const { trust, trustVersion } = this;
    if (trust.kind === 'loading') return;
    for (const { stamp, result } of this.stamps) {
      if (result !== undefined) continue;
      const found = (await verifyStamp(stamp, trust)) ?? null;
      // Another trust has come meanwhile, and has it verified anew.
      if (trustVersion !== this.trustVersion) return;
      this.stamps = this.stamps.map((each) => (each.stamp === stamp ? { stamp, result: found } : each));
      this.onChange(this.state);
    }
  }

  private findUnverified(): Case | undefined {
    return this.state.cases.find(({ partner, report }) => report === undefined && partner.kind !== 'pending');
  }

  /** What a report depends on beside the receipt. */
  private basisOf(partner: Partner): string {
    const digests = partner.kind === 'document' ? JSON.stringify(partner.document.digests) : partner.kind;
    return `${this.trustVersion} ${digests}`;
  }

  private setHashing(document: number, hashing: HashingState): void {
    this.updateDocument(document, () => ({ hashing }));
    this.onChange(this.state);
  }

  private updateDocument(id: number, change: (document: GivenDocument) => Partial<GivenDocument>): void {
    this.documents = this.documents.map((document) =>
      document.id === id ? { ...document, ...change(document) } : document,
    );
  }
}

function stateAfter(error: unknown): HashingState {
  if (error instanceof HashCancelled) return { state: 'cancelled' };
  return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
}
