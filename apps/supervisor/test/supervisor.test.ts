/** `npm start` as built: everything comes up, goes down together, and keeps its data. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@test/eventually.js';

const SUPERVISOR = join(__dirname, '../../../dist/apps/supervisor/src/main.js');

interface Running {
  readonly url: string;
  /** Process ids of PostgreSQL, API and worker. */
  readonly pids: readonly number[];
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;
  readonly output: () => string;
}

describe('supervisor', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-supervisor-'));
  const running: ChildProcess[] = [];

  afterAll(async () => {
    for (const child of running.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<Running> {
    const env = { ...process.env, DATA_DIR: directory, PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'test' };
    const child = fork(SUPERVISOR, [], { env, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    running.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const message = await Promise.race([
      new Promise<{ url: string }>((resolve) =>
        child.once('message', (value) => {
          resolve(value as { url: string });
        }),
      ),
      ended.then((code) => {
        throw new Error(`the supervisor ended with ${code}:\n${text}`);
      }),
    ]);
    const pidOf = (name: string): number | undefined => {
      const found = new RegExp(`"pid":(\\d+),"name":"${name}"`).exec(text)?.[1];
      return found === undefined ? undefined : Number(found);
    };
    const api = await eventually('the API says its pid', () => pidOf('api'));
    const worker = await eventually('the worker says its pid', () => pidOf('anchor-worker'));
    const postgres = Number(
      readFileSync(join(directory, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    return { url: message.url, pids: [postgres, api, worker], ended, child, output: () => text };
  }

  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  /** Whoever inherits PostgreSQL buries it a moment later. */
  const allAreGone = async (pids: readonly number[]): Promise<void> => {
    await eventually(`none of ${pids.join(', ')} runs`, () => !pids.some(isAlive));
  };

  const readLog = async (url: string): Promise<string> =>
    await eventually('the service is ready', async () => {
      const answer = await fetch(`${url}/health/ready`);
      return answer.ok && ((await answer.json()) as { log: string }).log;
    });

  test('SIGINT stops everything cleanly, and the data is there the next time', async () => {
    const first = await start();
    await eventually('it says where its data is', () => first.output().includes(directory));
    const log = await readLog(first.url);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    await allAreGone(first.pids);
    const second = await start();
    expect(await readLog(second.url)).toBe(log);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  test.each([
    ['PostgreSQL', 0],
    ['the API', 1],
    ['the worker', 2],
  ])('when %s ends unasked all stop', async (_, index) => {
    const { pids, ended } = await start();
    process.kill(pids[index]!, 'SIGKILL');
    expect(await ended).toBe(1);
    await allAreGone(pids);
  });
});
