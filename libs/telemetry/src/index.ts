/** Public face of telemetry: how a program shows metrics and health on a port of its own. */
export { serveMetrics, type MetricsServer, type MetricsSource } from './serve-metrics.js';
export { createRegistry } from './registry.js';
