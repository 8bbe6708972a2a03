/** Room for records that wait to be stored: bounded, and shared so that nobody can fill it. */

const MAX_BATCH_ROWS = 1_000;

/**
 * What an organization holds must not become more than what is left free (dynamic thresholds, Choudhury and Hahne 1998).
 * One alone gets half of the room, two a third each, and there is some for whoever comes next.
 */
export class IntakeBuffer {
  private rows = 0;
  private readonly held = new Map<number, number>();
  private readonly wantRoom: (() => void)[] = [];

  constructor(private readonly maxRows: number) {}

  get isEmpty(): boolean {
    return this.rows === 0;
  }

  /** Whether there is room for what counts: a sixteenth of the buffer, or a batch of 1,000. */
  hasRoom(organization: number): boolean {
    return this.fits(this.maxRows, organization, Math.min(MAX_BATCH_ROWS, this.maxRows / 16));
  }

  /** Takes room if there is; an empty buffer takes anything. */
  reserve(organization: number, rows: number): boolean {
    return this.reserveWithin(this.maxRows, organization, rows);
  }

  /** Waits for room in one half of the buffer and takes it: the other half is for requests that cannot wait. */
  async reserveHalf(organization: number, rows: number): Promise<void> {
    while (!this.reserveWithin(this.maxRows / 2, organization, rows))
      await new Promise<void>((resolve) => this.wantRoom.push(resolve));
  }

  release(organization: number, rows: number): void {
    this.rows -= rows;
    const left = this.heldBy(organization) - rows;
    if (left > 0) this.held.set(organization, left);
    else this.held.delete(organization);
    for (const look of this.wantRoom.splice(0)) look();
  }

  private reserveWithin(room: number, organization: number, rows: number): boolean {
    if (!this.fits(room, organization, rows)) return false;
    this.rows += rows;
    this.held.set(organization, this.heldBy(organization) + rows);
    return true;
  }

  private fits(room: number, organization: number, rows: number): boolean {
    return this.rows === 0 || this.heldBy(organization) + rows <= room - this.rows;
  }

  private heldBy(organization: number): number {
    return this.held.get(organization) ?? 0;
  }
}
