/** A small HTTP client for tests: real requests on loopback, answers as they came, bodies sent as they are given. */
import { once } from 'node:events';
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface ClientRequest {
  readonly method: string;
  /** Sent as it is, query included. */
  readonly path: string;
  readonly headers?: Record<string, string> | undefined;
  /** Text and bytes go out as they are, anything else as JSON. */
  readonly body?: unknown;
}

export class Answer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly bytes: Buffer,
  ) {}

  get text(): string {
    return this.bytes.toString('utf8');
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- says what the test expects
  json<T>(): T {
    return JSON.parse(this.text) as T;
  }

  /** The code of a problem document. */
  get problem(): string {
    const { type } = this.json<{ type?: string }>();
    return /^urn:cunzheng:problem:([a-z-]+)$/.exec(type ?? '')?.[1] ?? `no problem: ${this.text}`;
  }
}

export class HttpClient {
  private constructor(
    private readonly url: URL,
    private readonly agent: Agent,
    private readonly headers: Record<string, string>,
  ) {}

  static to(url: string): HttpClient {
    return new HttpClient(new URL(url), new Agent({ keepAlive: true, maxSockets: 32 }), {});
  }

  /** The same client with an API key. */
  as(token: string): HttpClient {
    return new HttpClient(this.url, this.agent, { ...this.headers, authorization: `Bearer ${token}` });
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.send({ method: 'GET', path, headers });
  }

  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send({
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async send({ method, path, headers, body }: ClientRequest): Promise<Answer> {
    const { hostname, port } = this.url;
    const outgoing = request({
      agent: this.agent,
      hostname,
      port,
      method,
      path,
      headers: { ...this.headers, ...headers },
    });
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    outgoing.end(
      typeof body === 'string' || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body),
    );
    const [response] = await answered;
    return new Answer(response.statusCode ?? 0, response.headers, await buffer(response));
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.agent.destroy();
  }
}
