/** What a log consists of, counted as it is replayed, and what its events say. */
import {
  ENTRY_SIZE,
  EntryType,
  LedgerError,
  parseEvent,
  parseOpenEvent,
  type VerifiedBlock,
} from '@cunzheng/ledger';

const TYPE_OFFSET = 3;

export interface ContentCounts {
  readonly records: number;
  readonly events: number;
  readonly auditHeads: number;
  /** Entries of types that this version does not know. */
  readonly unknown: number;
}

export class Contents {
  readonly #byType = new Float64Array(256);
  /** How often each kind of event occurs. */
  readonly eventKinds = new Map<string, number>();
  /** Keys that the `open` event names. */
  openingKeys: readonly string[] = [];
  firstCreatedAt = '';
  lastCreatedAt = '';

  add({ block, header }: VerifiedBlock): void {
    const { entries, bodies } = block;
    for (let at = TYPE_OFFSET; at < entries.length; at += ENTRY_SIZE) {
      const type = entries[at] as number;
      this.#byType[type] = (this.#byType[type] as number) + 1;
    }
    this.firstCreatedAt ||= header.createdAt;
    this.lastCreatedAt = header.createdAt;
    for (const { body } of bodies) this.#addEvent(body);
  }

  get counts(): ContentCounts {
    const of = (type: EntryType): number => this.#byType[type] as number;
    const [records, events, auditHeads] = [
      of(EntryType.record),
      of(EntryType.event),
      of(EntryType.auditHead),
    ];
    const all = this.#byType.reduce((sum, count) => sum + count, 0);
    return { records, events, auditHeads, unknown: all - records - events - auditHeads };
  }

  #addEvent(body: Uint8Array): void {
    try {
      const { event } = parseEvent(body);
      this.eventKinds.set(event, (this.eventKinds.get(event) ?? 0) + 1);
      if (event === 'open' && this.openingKeys.length === 0)
        this.openingKeys = parseOpenEvent(body).verifierKeys;
    } catch (error) {
      // A finding of the replay already.
      if (!(error instanceof LedgerError)) throw error;
    }
  }
}
