/**
 * `custody.json`: what happened to a record, when, and by whose clock (`cunzheng/custody@v1`). Made from the receipt and
 * its verification alone.
 */
import { formatCanonical } from '@cunzheng/canonical-json';
import { type Check, type VerificationReport } from '@cunzheng/receipt';

interface CustodyEvent {
  readonly event: 'accepted' | 'recorded' | 'cosigned' | 'stamped';
  readonly time: string;
  /** Whose clock it is. */
  readonly clock: 'operator' | 'witnesses' | 'timestamping-authorities';
  /** The one witness or authority whose time it is. */
  readonly by?: readonly [string];
}

export function formatCustody({ checks }: VerificationReport): string {
  const facts = (check: Check['name'], name: string): string[] => {
    const value = checks.find((candidate) => candidate.name === check)?.established[name];
    return value === undefined ? [] : [value].flat().map(String);
  };
  const events: CustodyEvent[] = [
    ...facts('record', 'acceptedAt').map((time) => ({ event: 'accepted', time, clock: 'operator' }) as const),
    ...facts('block', 'createdAt').map((time) => ({ event: 'recorded', time, clock: 'operator' }) as const),
    ...byEach('cosigned', 'witnesses', facts('witnesses', 'witnesses'), facts('witnesses', 'cosignedAt')),
    ...byEach(
      'stamped',
      'timestamping-authorities',
      facts('timestamps', 'authorities'),
      facts('timestamps', 'stampedAt'),
    ),
  ];
  return formatCanonical({ events, format: 'cunzheng/custody@v1' });
}

/** The report has the times in the order of the names. */
function byEach(
  event: CustodyEvent['event'],
  clock: CustodyEvent['clock'],
  names: readonly string[],
  times: readonly string[],
): CustodyEvent[] {
  return names.flatMap((name, index) => {
    const time = times[index];
    return time === undefined ? [] : [{ event, time, clock, by: [name] }];
  });
}
