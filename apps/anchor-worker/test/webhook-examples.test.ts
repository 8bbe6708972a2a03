/** The receivers of docs/api/webhooks.md, run as they stand on the page. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSecretBytes,
  formatPublicKey,
  formatSymmetricSecret,
  parseEndpointSecret,
  signMessage,
} from '@cunzheng/webhooks';
import { eventually } from '@test/eventually.js';
import { freePort } from '@test/redis.js';
import { describeWithTool } from '@test/tools.js';

const page = readFileSync('docs/api/webhooks.md', 'utf8');
const blockOf = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

const secret = parseEndpointSecret(createSecretBytes());
const body =
  '{"id":"e1","type":"endpoint.test","timestamp":"2026-11-20T07:01:18.833Z","data":{"endpoint":"合同"}}';
const headers = signMessage({ id: 'e1', sentAtMs: Date.now(), body }, [secret]);

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cunzheng-example-'))));
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('the receiver in Node takes an event once, and refuses what was changed', async () => {
  const port = await freePort();
  // Beside node_modules, where its import finds the package.
  const script = join(process.cwd(), `bench-output-example-${process.pid}.mjs`);
  writeFileSync(script, blockOf('js'));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, PORT: String(port), WEBHOOK_SECRET: formatSymmetricSecret(secret) },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const send = (sent: string): Promise<number | undefined> =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: sent }).then(
      ({ status }) => status,
      () => undefined,
    );
  try {
    expect(await eventually('it listens', () => send(body))).toBe(204);
    expect([await send(body), await send(`${body} `)]).toEqual([204, 400]);
    await eventually('it has printed', () => output.includes('\n'));
    expect(output).toBe('endpoint.test {"endpoint":"合同"}\n');
  } finally {
    child.kill();
    rmSync(script);
  }
});

describeWithTool('openssl', 'the openssl check of v1a', () => {
  const check = (signed: string): { status: number | null; stdout: string } => {
    writeFileSync(join(directory, 'body'), signed);
    return spawnSync('sh', ['-c', blockOf('sh')], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        ID: headers['webhook-id'],
        TIMESTAMP: headers['webhook-timestamp'],
        SIGNATURE: headers['webhook-signature'],
        PUBLIC_KEY: formatPublicKey(secret.publicKey),
      },
    });
  };

  test('says yes to what was signed and no to what was changed', () => {
    expect(check(body).stdout).toContain('Signature Verified Successfully');
    expect(check(`${body} `).stdout).not.toContain('Verified Successfully');
  });
});
