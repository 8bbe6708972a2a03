/**
 * Traces by way of OpenTelemetry's SDK: sampled, batched and sent to a collector as OTLP over HTTP in JSON (OTLP 1.x,
 * `/v1/traces`). The SDK reads the standard OTEL_* variables itself: endpoint, headers, sampler, limits, resource.
 */
import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Link,
  type Span as OtelSpan,
} from '@opentelemetry/api';
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { type Span, type SpanKind, type Tracing } from './tracing.js';

/** A collector that does not answer must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 2_000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
};

export function createOtlpTracing(service: string, onError: (error: unknown) => void): Tracing {
  setGlobalErrorHandler(onError);
  const provider = new BasicTracerProvider({
    // What the environment says of the service goes before the name that we would give it.
    resource: resourceFromAttributes({ 'service.name': service }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = provider.getTracer('cunzheng');
  return {
    isOn: true,
    start: (name, { kind = 'internal', parent, links = [], attributes = {} } = {}) => {
      const parentContext = parent === undefined ? null : parseTraceParent(parent);
      const context = parentContext ? trace.setSpanContext(ROOT_CONTEXT, parentContext) : ROOT_CONTEXT;
      const options = { kind: KINDS[kind], attributes, links: links.flatMap(toLink) };
      return wrap(tracer.startSpan(name, options, context));
    },
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)));
      await Promise.race([provider.shutdown().catch(onError), timeout]);
      clearTimeout(timer);
    },
  };
}

function toLink(traceparent: string): Link[] {
  const context = parseTraceParent(traceparent);
  return context ? [{ context }] : [];
}

function wrap(span: OtelSpan): Span {
  const { traceId, spanId } = span.spanContext();
  return {
    traceparent: span.isRecording() ? `00-${traceId}-${spanId}-0${TraceFlags.SAMPLED}` : undefined,
    set: (attributes) => void span.setAttributes(attributes),
    end: (errorType) => {
      if (errorType !== undefined)
        span.setAttribute('error.type', errorType).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
