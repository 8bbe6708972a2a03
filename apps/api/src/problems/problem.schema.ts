/** The problem document as a schema, for the OpenAPI document. */
import { z } from 'zod';

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: 'urn:cunzheng:problem:<code>' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What to do next' }),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' });
