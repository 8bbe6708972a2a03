/**
 * Whose turn it is: start-time fair queueing (Goyal, Vin, Cheng 1996) over organizations, in records. A parcel starts
 * where its organization's last one ended, or now if that is over; parcels are taken in the order of their starts, and
 * now is the start of the last one taken. So while two organizations wait, neither gets more records than the other by
 * more than a parcel of each, and whoever comes new is next.
 *
 * It is kept in memory: after a restart everybody is level again, which is fair too.
 */
import { type Lead, type Parcel } from '@cunzheng/persistence';

export class Turns {
  private now = 0;
  /** Where the last parcel of each organization ends, if that is later than now. */
  private readonly ends = new Map<number, number>();

  /** Who has had more than the others. */
  leads(): Lead[] {
    return [...this.ends].map(([organization, end]) => ({ organization, records: end - this.now }));
  }

  /** Notes what a block took, in its order. */
  take(parcels: readonly Pick<Parcel, 'organization' | 'n'>[]): void {
    const { now } = this;
    for (const { organization, n } of parcels) {
      const start = this.ends.get(organization) ?? now;
      this.ends.set(organization, start + n);
      this.now = Math.max(this.now, start);
    }
    for (const [organization, end] of this.ends) if (end <= this.now) this.ends.delete(organization);
  }
}
