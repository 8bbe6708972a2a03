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
  /** Whose time it is, where there was one alone: of several the report has the earliest time and not everybody's. */
  readonly by?: readonly string[];
}

export function formatCustody({ checks }: VerificationReport): string {
  const fact = (check: Check['name'], name: string): unknown =>
    checks.find((candidate) => candidate.name === check)?.established[name];
  const events = [
    event('accepted', fact('record', 'acceptedAt'), 'operator'),
    event('recorded', fact('block', 'createdAt'), 'operator'),
    event('cosigned', fact('witnesses', 'quorumSince'), 'witnesses', fact('witnesses', 'witnesses')),
    event(
      'stamped',
      fact('timestamps', 'stampedBy'),
      'timestamping-authorities',
      fact('timestamps', 'authorities'),
    ),
  ].filter((candidate) => candidate !== undefined);
  return formatCanonical({ events, format: 'cunzheng/custody@v1' });
}

function event(
  name: CustodyEvent['event'],
  time: unknown,
  clock: CustodyEvent['clock'],
  by?: unknown,
): CustodyEvent | undefined {
  if (typeof time !== 'string') return undefined;
  return { event: name, time, clock, ...(Array.isArray(by) && by.length === 1 && { by: by.map(String) }) };
}
