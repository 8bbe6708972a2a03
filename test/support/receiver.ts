/** Receivers of webhooks: real HTTP and HTTPS servers on loopback that do as a test tells them, and remember. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { requireTool } from './tools.js';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Behaviour = (response: ServerResponse, received: Received) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Behaviour =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** Takes the request and never answers. */
export const hang: Behaviour = () => undefined;

/** What of a certificate a receiver needs. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export class Receiver {
  readonly received: Received[] = [];
  /** How many requests are being answered now, and how many there were at most. */
  open = 0;
  mostOpen = 0;

  private constructor(
    private readonly server: Server,
    private behaviour: Behaviour,
    private readonly scheme: 'http' | 'https',
    private readonly host: string,
  ) {}

  /** With a certificate it speaks TLS. */
  static async start(
    behaviour: Behaviour = answer(204),
    certificate?: TestCertificate,
    host = '127.0.0.1',
    port = 0,
  ): Promise<Receiver> {
    const listener: RequestListener = (request, response) => {
      void receiver.take(request, response);
    };
    const server = certificate ? createTlsServer({ ...certificate }, listener) : createServer(listener);
    const receiver: Receiver = new Receiver(server, behaviour, certificate ? 'https' : 'http', host);
    server.listen(port, host);
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.scheme}://${this.host}:${this.port}/hook`;
  }

  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
  }

  ofType(type: string): { id: string; type: string; timestamp: string; data: Record<string, unknown> }[] {
    return this.received
      .map(({ body }) => JSON.parse(body) as ReturnType<Receiver['ofType']>[number])
      .filter((event) => event.type === type);
  }

  /** Ends what was taken and not answered. */
  hangUp(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.hangUp();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    response.once('close', () => (this.open -= 1));
    const body = await text(request).catch(() => '');
    const received = { path: request.url ?? '', headers: request.headers, body };
    this.received.push(received);
    this.behaviour(response, received);
  }
}

/** A certificate authority of the test's own, and a certificate for these names. Needs openssl. */
export function createTestCertificate(names: readonly string[]): TestCertificate & { readonly ca: string } {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-tls-'));
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync(requireTool('openssl'), args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args[0] ?? ''}: ${stderr}`);
  };
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-x509',
  ];
  try {
    openssl('req', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=Test CA');
    openssl(
      ...['req', ...newKey, '-keyout', at('key.pem'), '-out', at('cert.pem'), '-subj', '/CN=receiver'],
      ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-addext', 'basicConstraints=critical,CA:FALSE'],
      ...['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`],
    );
    const read = (name: string): string => readFileSync(at(name), 'utf8');
    return { key: read('key.pem'), cert: read('cert.pem'), ca: read('ca.pem') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
