/**
 * Everything that one log needs: its sequencer, and its attester once the sequencer has brought ledger and database
 * together. The witnesses are asked before anything new is written: what they remember must be in the ledger by then. A
 * log that is closed needs them until its last checkpoint is attested.
 */
import { type Attester } from './attester/attester.js';
import { type Sequencer } from './sequencer/sequencer.js';

export class LogRunner {
  constructor(
    private readonly sequencer: Sequencer,
    private readonly attester: Attester | undefined,
    /** Says with which keys the logs sign by now. */
    private readonly publish: () => Promise<void>,
    /** Another log takes the records. */
    private readonly onSwitched: () => void,
  ) {}

  /**
   * Runs until stopped, or until its log is closed and attested. Once this ends, for whatever reason, nothing writes to the
   * ledger any more: when the attester fails, the block under way is finished first.
   *
   * @throws whatever leaves disk or history in doubt: the process must end.
   */
  async run(): Promise<void> {
    let attesting: Promise<void> | undefined;
    const onRecovered = async (): Promise<void> => {
      await this.publish();
      await this.attester?.attempt();
      attesting ??= this.attester?.run();
      attesting?.catch(() => {
        this.sequencer.stop();
      });
    };
    await this.sequencer.run({ onRecovered, onSwitched: this.onSwitched });
    this.attester?.finish();
    await attesting;
  }

  /** Parcels wait. */
  signal(): void {
    this.sequencer.signal();
  }

  stop(): void {
    this.sequencer.stop();
    this.attester?.stop();
  }
}
