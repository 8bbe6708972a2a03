/** Building blocks for describing routes in the OpenAPI document: success bodies, problems, common headers. */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { type z } from 'zod';
import { PROBLEMS, problemType, type ProblemCode } from '../problems/catalogue.js';

interface RouteDescription {
  readonly summary: string;
  /** What the summary leaves open. */
  readonly description: string;
  readonly answers: readonly MethodDecorator[];
  readonly problems: readonly ProblemCode[];
}

/** A summary, the answers and the problems of a route. */
export function describeRoute({
  summary,
  description,
  answers,
  problems,
}: RouteDescription): MethodDecorator {
  return applyDecorators(ApiOperation({ summary, description }), ...answers, ...describeProblems(problems));
}

/** A JSON answer with its schema. */
export function jsonAnswer(
  status: number,
  description: string,
  schema: z.ZodType,
  headers: readonly string[] = [],
): MethodDecorator {
  return ApiResponse({ status, description, standardSchema: schema, headers: describeHeaders(headers) });
}

/** An answer of another media type. */
export function rawAnswer(
  status: number,
  description: string,
  mediaType: string,
  headers: readonly string[] = [],
  example?: string,
): MethodDecorator {
  const schema = {
    type: 'string' as const,
    ...(/octet-stream|pdf|zip$|timestamp-reply/.test(mediaType) && { format: 'binary' }),
  };
  const content = { [mediaType]: { schema, ...(example !== undefined && { example }) } };
  return ApiResponse({ status, description, content, headers: describeHeaders(headers) });
}

/** `Idempotency-Key` on a route that stores something. */
export const DescribeIdempotency = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: '1 to 255 visible ASCII characters. A repeated request gets the first answer for 24 hours.',
    schema: { type: 'string', maxLength: 255 },
  });

const HEADERS: Record<string, string> = {
  Location: 'Path of the resource',
  'Idempotency-Replayed': '`true` when this answer was given before',
  'Preference-Applied': 'The `Prefer` that was honoured',
  RateLimit:
    'Records left in this window, and seconds until the next: `"records";r=N;t=N`; with a monthly quota also `"month";r=N;t=N`',
  'RateLimit-Policy':
    'Records an organization may send in a window of seconds: `"records";q=N;w=60`; with a monthly quota also `"month";q=N;w=N`',
  ETag: 'SHA-256 of the bytes',
  'Retry-After': 'Seconds to wait before asking again',
};

/** Headers of an answer, by name. */
export function describeHeaders(
  names: readonly string[],
): Record<string, { description: string; schema: { type: string } }> {
  return Object.fromEntries(
    names.map((name) => [name, { description: HEADERS[name] ?? name, schema: { type: 'string' } }]),
  );
}

/** One response per status, with an example for each problem that has it. */
function describeProblems(codes: readonly ProblemCode[]): MethodDecorator[] {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  return statuses.map((status) => {
    const ofStatus = codes.filter((code) => PROBLEMS[code].status === status);
    return ApiResponse({
      status,
      description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('\n\n'),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(ofStatus.map((code) => [code, { value: exampleOf(code) }])),
        },
      },
      ...([429, 503].includes(status) && { headers: describeHeaders(['Retry-After']) }),
    });
  });
}

function exampleOf(code: ProblemCode): unknown {
  const { status, title, advice } = PROBLEMS[code];
  return {
    type: problemType(code),
    title,
    status,
    detail: advice,
    requestId: '3f0c2c3e-7f1c-4f0e-9a44-0d3c7b0f1a52',
  };
}
