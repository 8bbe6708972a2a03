/**
 * Traces: what the programs say while they work, and where it goes if an OpenTelemetry exporter is configured. Without one
 * {@link noTracing} takes everything and keeps nothing, and no SDK is loaded. Spans know their parents by W3C traceparent
 * (Trace Context, Level 1, §3.2), because what belongs together here lies in several processes and in the database.
 */

export type SpanKind = 'internal' | 'server' | 'client';

/** Never a name, an id of an organization or of evidence, an address, a path or a value: whoever reads traces reads these. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The traceparent that this continues. One that is not well-formed, or undefined, begins a trace. */
  readonly parent?: string | undefined;
  /** Traceparents of spans that led to this one. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
}

export interface Span {
  /** Of this span; undefined when nothing of it is recorded, so nothing is to be said of it elsewhere. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  /** `errorType` says that it failed, in a word; never a message, which may hold anything. */
  end(errorType?: string): void;
}

export interface Tracing {
  readonly isOn: boolean;
  start(name: string, options?: SpanOptions): Span;
  /** Sends what is left, for a moment. */
  close(): Promise<void>;
}

const noSpan: Span = { traceparent: undefined, set: () => undefined, end: () => undefined };

export const noTracing: Tracing = { isOn: false, start: () => noSpan, close: () => Promise.resolve() };

/** Runs `work` within a span, which ends with it. */
export async function traced<T>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.start(name, options);
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.name : 'unknown');
    throw error;
  }
}
