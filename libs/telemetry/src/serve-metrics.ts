/**
 * The port for operators: `GET /metrics` for Prometheus and `GET /health`. It is apart from the public port, because both
 * say how much a service does and where it fails. There is no authentication: who may reach it is for the network to say.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Registry } from 'prom-client';

export interface MetricsSource {
  readonly registry: Registry;
  /** Brings up to date what is only known by asking; may fail, the rest is shown then. */
  readonly refresh?: () => Promise<void>;
  /** JSON for `/health`; it says itself whether all is well. */
  readonly readHealth: () => Promise<{ readonly status: 'ready' | 'degraded' | 'not-ready' }>;
  readonly onError: (error: unknown) => void;
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on `port` of `host`; 0 takes a free one. */
export async function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  source: MetricsSource,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    answer(request, response, source).catch((error: unknown) => {
      source.onError(error);
      send(response, 500, 'text/plain', 'failed');
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
): Promise<void> {
  if (method !== 'GET') {
    send(response, 405, 'text/plain', 'GET only');
  } else if (url === '/metrics') {
    await source.refresh?.().catch(source.onError);
    send(response, 200, source.registry.contentType, await source.registry.metrics());
  } else if (url === '/health') {
    const health = await source.readHealth();
    send(response, health.status === 'not-ready' ? 503 : 200, 'application/json', JSON.stringify(health));
  } else send(response, 404, 'text/plain', 'there are /metrics and /health');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}
