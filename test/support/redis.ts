/** A redis-server of the test's own on a free loopback port, with its files in a temporary folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { requireTool } from './find-tool.js';

export class TestRedis {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    private child: ChildProcess,
  ) {}

  static async start(): Promise<TestRedis> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), 'cunzheng-redis-'));
    const redis = new TestRedis(port, directory, launch(port, directory));
    await redis.ready();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Forgets everything: every queue, every job. */
  async flush(): Promise<void> {
    if (!(await answers(this.port, 'FLUSHALL', '+OK'))) throw new Error('redis-server did not flush');
  }

  /** Ends the server and waits until it is gone. */
  async halt(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }

  /** Starts it again, on the same port and empty. */
  async resume(): Promise<void> {
    this.child = launch(this.port, this.directory);
    await this.ready();
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    await eventually('redis-server answers', () => answers(this.port, 'PING', '+PONG'));
  }
}

/**
 * A port that nobody listens on. It is none of those that systems give to outgoing connections, or to who wants any port:
 * nobody gets it by chance before it is used, or between two uses.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

function launch(port: number, directory: string): ChildProcess {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  return spawn(requireTool('redis-server'), options, { stdio: 'ignore' });
}

async function answers(port: number, command: string, want: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (data: Buffer) => {
      resolve(data.toString().startsWith(want));
      socket.destroy();
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
