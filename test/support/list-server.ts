/** Distribution points: an HTTP server on loopback that has the revocation lists a test publishes, and 404 for all others. */
import { hang, Receiver, type Behaviour } from './receiver.js';

export class ListServer {
  private readonly behaviours = new Map<string, Behaviour>();

  private constructor(private readonly receiver: Receiver) {}

  static async start(): Promise<ListServer> {
    const server = new ListServer(await Receiver.start(hang));
    server.receiver.behave((response, received) => {
      const behaviour = server.behaviours.get(received.path.slice(1));
      if (behaviour === undefined) response.writeHead(404).end();
      else behaviour(response, received);
    });
    return server;
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.receiver.port}/${name}`;
  }

  /** The line of an OpenSSL extension section that names a list. */
  extension(name: string): string {
    return `crlDistributionPoints=URI:${this.url(name)}`;
  }

  publish(name: string, list: Uint8Array | Behaviour): void {
    const send: Behaviour =
      typeof list === 'function'
        ? list
        : (response) => {
            response.writeHead(200, { 'content-type': 'application/pkix-crl' }).end(list);
          };
    this.behaviours.set(name, send);
  }

  countRequests(name: string): number {
    return this.receiver.received.filter(({ path }) => path === `/${name}`).length;
  }

  async stop(): Promise<void> {
    await this.receiver.stop();
  }
}
