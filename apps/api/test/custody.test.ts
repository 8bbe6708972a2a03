/** `custody.json`: every witness and every authority with the time that is its own. */
import { type Check, type VerificationReport } from '@cunzheng/receipt';
import { formatCustody } from '../src/packages/custody.js';

const timeOf = (minute: number): string => `2026-11-20T08:0${minute}:00.000Z`;

function custodyOf(established: Partial<Record<Check['name'], Check['established']>>): unknown {
  const checks = Object.entries(established).map(([name, facts]) => ({ name, established: facts }));
  return JSON.parse(formatCustody({ checks } as unknown as VerificationReport));
}

test("one event for the operator's two times, and one for each witness and each authority", () => {
  const custody = custodyOf({
    record: { acceptedAt: timeOf(1) },
    block: { createdAt: timeOf(2) },
    witnesses: { witnesses: ['w2', 'w1'], cosignedAt: [timeOf(4), timeOf(3)], quorumSince: timeOf(4) },
    timestamps: { authorities: ['CN=A', 'CN=B'], stampedAt: [timeOf(5), timeOf(6)], stampedBy: timeOf(5) },
  });
  expect(custody).toEqual({
    format: 'cunzheng/custody@v1',
    events: [
      { event: 'accepted', time: timeOf(1), clock: 'operator' },
      { event: 'recorded', time: timeOf(2), clock: 'operator' },
      { event: 'cosigned', time: timeOf(4), clock: 'witnesses', by: ['w2'] },
      { event: 'cosigned', time: timeOf(3), clock: 'witnesses', by: ['w1'] },
      { event: 'stamped', time: timeOf(5), clock: 'timestamping-authorities', by: ['CN=A'] },
      { event: 'stamped', time: timeOf(6), clock: 'timestamping-authorities', by: ['CN=B'] },
    ],
  });
});

test('nobody but the operator, where nobody cosigned or stamped', () => {
  const custody = custodyOf({
    record: { acceptedAt: timeOf(1) },
    witnesses: { witnesses: [], cosignedAt: [] },
  });
  expect(custody).toMatchObject({ events: [{ event: 'accepted', clock: 'operator' }] });
});
