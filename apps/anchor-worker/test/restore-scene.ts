/** A log of a few blocks whose backups are put back: what the tests of restores share. Not a test. */
import { join } from 'node:path';
import { readLedger } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type BatchResult, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { backUp, type StackBackup } from '@test/restore.js';
import { TestStack, type TestApi, type TestWorker } from '@test/stack.js';
import { runCli, type CliRun } from '../../cli/test/run-cli.js';
import { HistoryConflictError } from '../src/sequencer/history-conflict.js';

export class RestoreScene {
  readonly origin = 'notary.example/logs/main';
  readonly name = 'main';

  protected constructor(
    readonly stack: TestStack,
    readonly token: string,
    private running: TestApi,
  ) {}

  static async create(): Promise<RestoreScene> {
    return new RestoreScene(...(await RestoreScene.begin()));
  }

  /** A stack at rest whose log has two blocks, a token, and an API that runs. */
  protected static async begin(
    environment: Record<string, string> = {},
  ): Promise<[stack: TestStack, token: string, api: TestApi]> {
    const stack = await TestStack.create({ LOG_ORIGIN: 'notary.example/logs/main', ...environment });
    const { token } = await stack.createTenant();
    const api = await stack.startApi();
    const worker = await stack.startWorker();
    const http = api.http.as(token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await worker.stop();
    return [stack, token, api];
  }

  get api(): TestApi {
    return this.running;
  }

  get http(): HttpClient {
    return this.running.http.as(this.token);
  }

  /** A worker that has recovered and goes on from there. */
  async startSequencing(environment: Record<string, string> = {}): Promise<TestWorker> {
    const starts = (): number => this.stack.logs.filter((line) => line.includes('"sequencing"')).length;
    const before = starts();
    const worker = await this.stack.startWorker(environment);
    await eventually('it sequences', () => starts() > before);
    return worker;
  }

  /** Accepts one and a batch, waits until all are anchored and gives them with their receipts. */
  async anchorSome(count: number): Promise<{ evidence: Evidence[]; receipts: Buffer[] }> {
    const single = await accept(this.http, evidenceOf());
    const batch = await this.http.post('/v1/evidence/batch', {
      items: Array.from({ length: count }, () => evidenceOf()),
    });
    const { results } = batch.json<{ results: BatchResult[] }>();
    const evidence = [single, ...results.map((result) => result.evidence!)];
    const receipts: Buffer[] = [];
    for (const { id } of evidence) receipts.push((await receiptOf(this.http, id)).bytes);
    return { evidence, receipts };
  }

  async withApiStopped(work: () => Promise<void> | void): Promise<void> {
    await this.running.stop();
    await work();
    this.running = await this.stack.startApi();
  }

  async takeBackup(name = 'backup'): Promise<StackBackup> {
    let backup: StackBackup | undefined;
    await this.withApiStopped(async () => {
      backup = await backUp(this.stack, name);
    });
    return backup!;
  }

  /** The worker must end with this message and append nothing. */
  async expectStop(message: RegExp): Promise<string> {
    const before = await readLedger(await this.stack.logDirectory());
    const worker = await this.stack.startWorker();
    const error = await worker.finished.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({
      name: HistoryConflictError.name,
      message: expect.stringMatching(message) as string,
    });
    await worker.stop();
    expect(await readLedger(await this.stack.logDirectory())).toEqual(before);
    return error!.message;
  }

  /** The command line, as the owner of the database. */
  cunzheng(...args: string[]): Promise<CliRun> {
    return runCli(args, { cwd: this.stack.directory, env: { DATABASE_URL: this.stack.database.ownerUrl } });
  }

  async expectCleanAudit(): Promise<void> {
    const url = `${this.api.url}/logs/${this.name}`;
    const audit = await this.cunzheng('audit', url, '--trust', join(this.stack.directory, 'trust'));
    expect(audit.stdout).toContain('audit: clean');
  }
}
