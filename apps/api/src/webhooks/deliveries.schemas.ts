/** Query of `GET /v1/webhook-deliveries`: every given condition must hold; newest first. */
import { z } from 'zod';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 200;

/** A page size in a query. */
export const pageLimit = (byDefault: number, max: number): z.ZodType<number, string | undefined> =>
  z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= max, `must lie in 1…${max}`)
    .default(byDefault);

export const deliveriesQuery = z.strictObject({
  endpoint: z.uuid().optional(),
  event: z.uuid().optional(),
  state: z.enum(['pending', 'succeeded', 'failed']).optional(),
  cursor: z.uuid().optional(),
  limit: pageLimit(DEFAULT_PAGE, MAX_PAGE),
});

export type DeliveriesQuery = z.output<typeof deliveriesQuery>;
