/** Whether a program traces, by its settings: the standard OTEL_* variables. */
import { noTracing, type Tracing } from './tracing.js';

export interface TracingSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  readonly OTEL_SDK_DISABLED?: 'true' | 'false' | undefined;
}

/** Traces of `service` if an endpoint is set. `onError` hears when spans could not be sent. */
export async function openTracing(
  settings: TracingSettings,
  service: string,
  onError: (error: unknown) => void,
): Promise<Tracing> {
  const endpoint = settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined || settings.OTEL_SDK_DISABLED === 'true') return noTracing;
  // Loaded only now: the SDK is a dozen packages, which nobody needs who does not trace.
  const { createOtlpTracing } = await import('./otlp-tracing.js');
  return createOtlpTracing(service, onError);
}
