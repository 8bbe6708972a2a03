/** What a campaign attacks: an installation, the load on it, and the inspection that follows each fault. */
import { type DatabaseServer } from './database-server.js';
import { FaultError } from './fault-error.js';
import { Inspection } from './inspection.js';
import { Installation, type InstallationOptions } from './installation.js';
import { Load } from './load.js';
import { type SeededRandom } from './seeded-random.js';

/** What every campaign is given. */
export interface Arena {
  readonly server: DatabaseServer;
  /** For files of the run. */
  readonly directory: string;
  readonly random: SeededRandom;
  /** Told how far a campaign is. */
  readonly progress: (done: number, of: number, what: string) => void;
}

/** What a campaign counted, by name; names that several campaigns share are added up. */
export type Counts = Record<string, number>;

/** Adds `more` to `counts`. */
export function addCounts(counts: Counts, more: Counts): void {
  for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count;
}

export class Target {
  readonly load: Load;
  readonly inspection: Inspection;
  #observing: AbortController | undefined;
  #observer: Promise<void> | undefined;

  private constructor(
    readonly installation: Installation,
    random: SeededRandom,
  ) {
    this.load = new Load(installation, random);
    this.inspection = new Inspection(installation, this.load);
  }

  static async create(arena: Arena, options: InstallationOptions = {}): Promise<Target> {
    return new Target(await Installation.create(arena.server, arena.directory, options), arena.random);
  }

  /** Clients send, and a follower watches the checkpoint. */
  beginLoad(): void {
    if (this.#observing !== undefined) return;
    this.#observing = new AbortController();
    this.#observer = this.inspection.observe(this.#observing.signal);
    this.load.begin();
  }

  async pauseLoad(): Promise<void> {
    await this.load.pause();
    this.#observing?.abort();
    this.#observing = undefined;
    await this.#observer;
  }

  /** Pauses the load and checks what is new. `fault` is named when something is wrong. */
  async check(fault: string): Promise<void> {
    try {
      await this.pauseLoad();
      await this.inspection.check();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const code = cause instanceof FaultError ? cause.code : 'promise-broken';
      throw new FaultError(code, `after ${fault}: ${reason}\n${this.installation.lastWords()}`, { cause });
    }
  }

  get counts(): Counts {
    const { load, inspection } = this;
    return {
      'records acknowledged': load.acknowledged.length,
      'requests broken off or refused': load.refused,
      'receipts verified': inspection.receipts,
      'fsck runs': inspection.fscks,
      'checkpoints compared': inspection.checkpoints.compared,
      'consistency proofs': inspection.checkpoints.proofs,
    };
  }

  async close(): Promise<void> {
    this.#observing?.abort();
    await this.installation.close();
  }
}
