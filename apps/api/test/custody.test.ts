/** `custody.json`: nobody is said to have stamped or cosigned at a time that is another's. */
import { type Check, type VerificationReport } from '@cunzheng/receipt';
import { formatCustody } from '../src/packages/custody.js';

const TIME = '2026-11-20T08:01:00.000Z';

function custodyOf(authorities: readonly string[], witnesses: readonly string[]): unknown {
  const check = (name: Check['name'], established: Check['established']): Check => ({
    name,
    status: 'passed',
    established,
  });
  const checks = [
    check('witnesses', { witnesses, quorumSince: TIME }),
    check('timestamps', { authorities, stampedBy: TIME }),
  ];
  return JSON.parse(formatCustody({ checks } as unknown as VerificationReport));
}

test('one authority and one witness are named with their time', () => {
  expect(custodyOf(['CN=A'], ['w1'])).toMatchObject({
    events: [
      { event: 'cosigned', time: TIME, by: ['w1'] },
      { event: 'stamped', time: TIME, by: ['CN=A'] },
    ],
  });
});

test('of several the time is the earliest, and none of them is named', () => {
  expect(custodyOf(['CN=A', 'CN=B'], ['w1', 'w2'])).toEqual({
    format: 'cunzheng/custody@v1',
    events: [
      { event: 'cosigned', time: TIME, clock: 'witnesses' },
      { event: 'stamped', time: TIME, clock: 'timestamping-authorities' },
    ],
  });
});
