/** Schemas of the OpenAPI document as zod reads them: what is checked against them is checked as the document has it. */
import { z } from 'zod';

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/** `components` are the document's own; of these the schema is given what it refers to, since all of them take long to read. */
export function validatorOf(schema: object, components: Readonly<Record<string, object>>): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: reachedBy(schema, components) });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as never);
}

function reachedBy(
  schema: object,
  components: Readonly<Record<string, object>>,
  reached: Record<string, object> = {},
): Record<string, object> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(REFERENCE)) {
    const next = components[name];
    if (!next || name in reached) continue;
    reached[name] = next;
    reachedBy(next, components, reached);
  }
  return reached;
}
