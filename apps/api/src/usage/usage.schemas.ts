/** What an organization has used, as its administrators see it. */
import { z } from 'zod';

const DAYS_BY_DAY = 366;
const MS_PER_DAY = 86_400_000;

const day = z.iso.date().meta({ description: 'A day in UTC', examples: ['2026-11-20'] });

export const usageQuery = z.strictObject({
  from: day.optional().meta({ description: 'First day; without it that of the month of `to`' }),
  to: day.optional().meta({ description: 'Last day; without it today' }),
  by: z.enum(['day', 'month']).default('day'),
});

const count = z.int().min(0);

const counts = {
  accepted: count.meta({ description: 'Records by the day of their acceptedAt; erased ones stay counted' }),
  acceptedBytes: count.meta({ description: 'What they took when they were stored' }),
  anchored: count.meta({ description: 'Records by the day on which their block was anchored' }),
  delivered: count.meta({
    description: 'Deliveries of webhooks that were taken; one that is sent again counts again',
  }),
};

const example = { accepted: 1200, acceptedBytes: 640_000, anchored: 1200, delivered: 14 };

export const usage = z
  .strictObject({
    from: day,
    to: day,
    by: z.enum(['day', 'month']),
    items: z
      .array(
        z.strictObject({
          period: z.string().meta({ description: 'A day, or a month such as 2026-11' }),
          ...counts,
        }),
      )
      .meta({ description: 'The periods in which something was used, in order' }),
    stored: z
      .strictObject({ records: count, bytes: count })
      .meta({ description: 'All that was ever accepted: records are never removed' }),
    limits: z
      .strictObject({
        recordsPerMinute: count,
        recordsPerMonth: count
          .optional()
          .meta({ description: 'In a calendar month, UTC; absent when there is no such quota' }),
        recordsLeft: count.optional().meta({ description: 'Of the quota of this month' }),
      })
      .meta({ description: 'What the organization may send' }),
  })
  .meta({
    id: 'Usage',
    examples: [
      {
        from: '2026-11-01',
        to: '2026-11-20',
        by: 'day',
        items: [{ period: '2026-11-20', ...example }],
        stored: { records: 98_000, bytes: 52_000_000 },
        limits: { recordsPerMinute: 6_000_000, recordsPerMonth: 100_000, recordsLeft: 98_800 },
      },
    ],
  });

export type UsageQuery = z.output<typeof usageQuery>;
export type Usage = z.output<typeof usage>;

/** The days that are asked for; undefined when they are in the wrong order or too many to be told one by one. */
export function spanOf(
  { from, to, by }: UsageQuery,
  nowMs: number,
): { from: string; to: string } | undefined {
  const last = to ?? new Date(nowMs).toISOString().slice(0, 10);
  const first = from ?? `${last.slice(0, 7)}-01`;
  const days = (Date.parse(last) - Date.parse(first)) / MS_PER_DAY + 1;
  return days < 1 || (by === 'day' && days > DAYS_BY_DAY) ? undefined : { from: first, to: last };
}
