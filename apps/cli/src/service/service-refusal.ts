/** The service said no, with an RFC 9457 problem document: what it says is the error message. */
import { CliError } from '../cli-error.js';

const MAX_TEXT_LENGTH = 500;

/** The members that we know of a problem document; none of it is trusted to be there or to be short. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly requestId?: string;
}

export class ServiceRefusal extends CliError {
  override readonly name = 'ServiceRefusal';

  constructor(readonly problem: Problem) {
    super(problem.status >= 500 ? 'service-unavailable' : 'service-refused', describe(problem));
  }

  /** The last part of `urn:cunzheng:problem:<code>`. */
  get problemCode(): string {
    return this.problem.type.split(':').at(-1) ?? '';
  }
}

/** A problem out of an untrusted body; whatever is not there is filled in from the status. */
export function parseProblem(status: number, body: Buffer): Problem {
  const json = parseJson(body);
  const requestId = textOf(json['requestId']);
  const detail = textOf(json['detail']);
  const errors = Array.isArray(json['errors']) ? json['errors'].slice(0, 10).flatMap(parseContentError) : [];
  return {
    type: textOf(json['type']) ?? 'about:blank',
    title: textOf(json['title']) ?? `the service answered ${status}`,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function parseJson(body: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function parseContentError(item: unknown): { pointer: string; detail: string }[] {
  if (typeof item !== 'object' || item === null) return [];
  const { pointer, detail } = item as Record<string, unknown>;
  return [{ pointer: textOf(pointer) ?? '', detail: textOf(detail) ?? '' }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT_LENGTH) : undefined;
}

function describe({ title, status, detail, errors = [], requestId }: Problem): string {
  const places = errors.map((error) => `${error.pointer || '/'}: ${error.detail}`).join('; ');
  const parts = [detail, places === '' || places === detail ? undefined : `(${places})`].filter(
    (part) => part !== undefined,
  );
  const request = requestId === undefined || status < 500 ? '' : ` (request ${requestId})`;
  return `the service refused (${status}): ${title}${parts.length === 0 ? '' : `: ${parts.join(' ')}`}${request}`;
}
