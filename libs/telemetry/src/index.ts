/** Public face of telemetry: how a program shows metrics and health on a port of its own, and sends traces. */
export { serveMetrics, type MetricsServer, type MetricsSource } from './serve-metrics.js';
export { createRegistry } from './registry.js';
export { openTracing } from './open-tracing.js';
export { noTracing, traced, type Span, type Tracing } from './tracing.js';
