/**
 * A registry of one program's metrics in the Prometheus text format 0.0.4, with what prom-client knows of every Node
 * process. Each instance has its own, so several in one process do not mix.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

/** `isServed`: whether anybody can look; without it the process is not watched. */
export function createRegistry(isServed: boolean): Registry {
  const registry = new Registry();
  if (isServed) collectDefaultMetrics({ register: registry });
  return registry;
}
