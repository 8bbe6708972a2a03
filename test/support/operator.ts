/**
 * A small installation that something happens to, and the operator who follows a runbook of docs/operations: the commands
 * of a page run as they stand there, in one shell. Only names differ: the service's addresses are this machine's.
 */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evidenceOf } from './evidence.js';
import { eventually } from './eventually.js';
import { type HttpClient } from './http-client.js';
import { accept, receiptOf } from './receipts.js';
import { freePort } from './redis.js';
import { Shell } from './shell.js';
import { blocksOf } from './snippets.js';
import { TestStack, type Tenant, type TestApi, type TestWorker } from './stack.js';

type Environment = NonNullable<Parameters<typeof TestStack.create>[0]>;

const PAGES = 'docs/operations';
const stepsOf = (page: string): string[] =>
  blocksOf(readFileSync(join(PAGES, `${page}.md`), 'utf8'))
    .filter(({ language }) => language === 'sh')
    .map(({ code }) => code);

export class Operator {
  private constructor(
    readonly stack: TestStack,
    readonly tenant: Tenant,
    /** Where the operator works; `.data` is the service's DATA_DIR. */
    readonly folder: string,
    private readonly metricsPort: number,
    private readonly shell: Shell,
    private api: TestApi,
    private worker: TestWorker,
  ) {}

  /** Everything runs, and the log is open. The shell knows the settings too. */
  static async create(environment: Environment = {}): Promise<Operator> {
    const port = await freePort();
    const stack = await TestStack.create({
      LOG_ORIGIN: 'evidence.example.com/logs/main',
      WORKER_METRICS_PORT: String(port),
      ATTEST_INTERVAL_MS: '100',
      ATTEST_LATE_MS: '1000',
      ...environment,
    });
    const [api, tenant] = [await stack.startApi(), await stack.createTenant()];
    const worker = await stack.startWorker();
    const folder = mkdtempSync(join(tmpdir(), 'cunzheng-operator-'));
    symlinkSync(stack.directory, join(folder, '.data'));
    const shell = new Shell(folder, {
      ...environment,
      DATABASE_URL: stack.database.ownerUrl,
      CUNZHENG_API_KEY: tenant.token,
    });
    const operator = new Operator(stack, tenant, folder, port, shell, api, worker);
    await operator.restartApi();
    await accept(operator.http, evidenceOf());
    return operator;
  }

  get http(): HttpClient {
    return this.api.http.as(this.tenant.token);
  }

  /** The commands of a page, one block after the other; as many as the test knows of. */
  steps(page: string, count: number): string[] {
    const steps = stepsOf(page);
    expect(steps).toHaveLength(count);
    return steps;
  }

  /** What a block prints. Rejects when a command fails. */
  async type(code: string, replace: Readonly<Record<string, string>> = {}): Promise<string> {
    const places = {
      'https://evidence.example.com': this.api.url,
      'http://127.0.0.1:9465': `http://127.0.0.1:${this.metricsPort}`,
      'my-firm': this.tenant.id,
      ...replace,
    };
    return await this.shell.run(
      Object.entries(places).reduce((text, [there, here]) => text.replaceAll(there, here), code),
    );
  }

  /** Types it again and again until it prints what is wanted; `grep` may find nothing at first. */
  async typeUntil(code: string, wanted: RegExp): Promise<string> {
    return await eventually(`${code} prints ${wanted.source}`, async () => {
      const printed = await this.type(`{\n${code}\n} || true`);
      return wanted.test(printed) && printed;
    });
  }

  /** Accepts evidence about `text` and gives its id. */
  async submit(text: string, more: object = {}): Promise<string> {
    return (await accept(this.http, { ...evidenceOf(text), ...more })).id;
  }

  /** The same, with document and receipt in the operator's folder. */
  async notarize(text: string, name = 'receipt.json'): Promise<string> {
    const id = await this.submit(text);
    this.write('document.pdf', text);
    this.write(name, (await receiptOf(this.http, id)).text);
    return id;
  }

  async isFinal(id: string): Promise<boolean> {
    return (await this.http.get(`/v1/evidence/${id}`)).json<{ final: boolean }>().final;
  }

  async logged(message: string): Promise<void> {
    await eventually(`the log says ${message}`, () => this.stack.logs.some((line) => line.includes(message)));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  stopApi(): Promise<void> {
    return this.api.stop();
  }

  stopWorker(): Promise<void> {
    return this.worker.stop();
  }

  /** Why the worker ended by itself. */
  workerEnds(): Promise<unknown> {
    return this.worker.finished.then(
      () => undefined,
      (reason: unknown) => reason,
    );
  }

  /** Sets the variables of the README too, since it listens somewhere else then. */
  async restartApi(environment: Environment = {}): Promise<void> {
    await this.api.stop();
    this.api = await this.stack.startApi(environment);
    const [variables] = stepsOf('README');
    await this.type(`${variables}export CUNZHENG_URL=https://evidence.example.com`);
  }

  async restartWorker(environment: Environment = {}): Promise<TestWorker> {
    await this.worker.stop();
    return (this.worker = await this.stack.startWorker(environment));
  }

  async close(): Promise<void> {
    await this.shell.close();
    await this.stack.close();
    rmSync(this.folder, { recursive: true });
  }
}
