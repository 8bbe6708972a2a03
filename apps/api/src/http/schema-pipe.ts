/**
 * Validates what a route decorates with a Standard Schema (zod here): one schema gives the types, the validation and
 * the OpenAPI document. Bodies that do not fit are `invalid-content` with a pointer for each place; parameters and
 * queries are `malformed-request`.
 */
import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { type StandardSchemaV1 } from '@standard-schema/spec';
import { type ContentError } from '../problems/catalogue.js';
import { ProblemError } from '../problems/problem-error.js';

const MAX_ERRORS = 20;

@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const { schema } = metadata as ArgumentMetadata & { schema?: StandardSchemaV1 };
    if (!schema) return value;
    const outcome = validate(schema, value);
    if ('value' in outcome) return outcome.value;
    if (metadata.type === 'body') throw invalidContent(outcome.errors);
    const [first] = outcome.errors;
    throw new ProblemError(
      'malformed-request',
      `${metadata.type} ${first?.pointer ?? ''}: ${first?.detail ?? 'does not fit'}`,
    );
  }
}

/** Runs a schema over a value: the typed value, or where and why it does not fit. */
export function validate<T>(
  schema: StandardSchemaV1<unknown, T>,
  value: unknown,
): { value: T } | { errors: readonly ContentError[] } {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // zod turns an error thrown inside a check into a promise: nobody else waits for it.
    result.catch(() => undefined);
    throw new TypeError('a request schema failed to give a result');
  }
  if (!result.issues) return { value: result.value };
  return {
    errors: result.issues
      .slice(0, MAX_ERRORS)
      .map((issue) => ({ pointer: formatPointer(issue.path), detail: issue.message })),
  };
}

/** The problem for content that does not fit. */
export function invalidContent(errors: readonly ContentError[]): ProblemError {
  const [first] = errors;
  return new ProblemError(
    'invalid-content',
    `${first?.pointer || 'the body'}: ${first?.detail ?? 'does not fit'}`,
    { errors },
  );
}

function formatPointer(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
