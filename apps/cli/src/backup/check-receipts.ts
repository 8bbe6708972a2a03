/**
 * Receipts from the restored service: the API is started on the copies, on loopback and without a log key, evidence is drawn
 * by lot, and what the API hands out is verified offline.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client } from 'pg';
import { createClient } from '@cunzheng/client';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createApiKeyToken, embeddedUrl, type EmbeddedPostgres } from '@cunzheng/persistence';
import { verifyReceipt, type Trust } from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { failed, notChecked, passed, type Check } from './check.js';

export interface ReceiptCheckOptions {
  readonly directory: string;
  readonly server: EmbeddedPostgres;
  readonly client: Client;
  readonly valueKeys: string;
  readonly trust: Trust;
  readonly count: number;
  readonly logs: readonly { readonly origin: string }[];
}

/** Evidence that has a receipt, of organizations whose keys are not refused: anchored, and attested where the log has a policy. */
const DRAW = `
  SELECT e.organization, e.id FROM evidence e JOIN parcel p ON p.id = e.parcel JOIN log l ON l.id = p.log
  JOIN organization o ON o.key = e.organization AND o.state = 'approved'
  WHERE p.first_leaf + e.ord < CASE WHEN l.policy IS NULL
    THEN (SELECT max(tree_size) FROM checkpoint c WHERE c.log = l.id)
    ELSE (SELECT max(tree_size) FROM attestation a WHERE a.log = l.id AND a.attested_at IS NOT NULL) END
  ORDER BY random() LIMIT $1`;

export async function checkReceipts(options: ReceiptCheckOptions): Promise<Check> {
  const { rows: drawn } = await options.client.query<{ organization: number; id: string }>(DRAW, [
    options.count,
  ]);
  if (drawn.length === 0) return notChecked('receipts', 'there is no evidence that has a receipt');
  const api = await startApi(options);
  if (typeof api === 'string') return failed('receipts', `the restored API does not start: ${api}`);
  const keys = new Map<number, Key>();
  try {
    for (const { organization, id } of drawn) {
      const key = keys.get(organization) ?? (await createKey(options.client, organization));
      keys.set(organization, key);
      const wrong = await findFault(api.port, key.token, id, options.trust);
      if (wrong !== undefined) return failed('receipts', `${id}: ${wrong}`);
    }
    return passed('receipts', `${drawn.length} drawn by lot come out of the restored service and verify`);
  } finally {
    await api.stop();
    await options.client.query('DELETE FROM api_key WHERE id = ANY ($1)', [
      [...keys.values()].map(({ id }) => id),
    ]);
  }
}

interface Key {
  readonly id: string;
  readonly token: string;
}

async function createKey(client: Client, organization: number): Promise<Key> {
  const { id, token, secretSha256 } = createApiKeyToken();
  await client.query(
    "INSERT INTO api_key (id, organization, secret_sha256, scopes, label) VALUES ($1, $2, $3, '{evidence:read}', 'restore-check')",
    [id, organization, secretSha256],
  );
  return { id, token };
}

async function findFault(port: number, token: string, id: string, trust: Trust): Promise<string | undefined> {
  const client = createClient({ url: `http://127.0.0.1:${port}`, apiKey: token });
  const { data, response } = await client.GET('/v1/evidence/{id}/receipt', {
    params: { path: { id } },
    parseAs: 'arrayBuffer',
  });
  if (data === undefined) return `the restored API answers ${response.status}`;
  const { verdict, checks } = await verifyReceipt(new Uint8Array(data), {
    crypto: nativeCrypto,
    trust,
    verifyTimestamp: createTimestampVerifier(nativeCrypto, Date.now),
    verifyCertificates: createSignerCertificatesVerifier(nativeCrypto),
  });
  if (verdict === 'holds') return undefined;
  return `${verdict}: ${checks.find(({ status }) => status === 'failed')?.name ?? 'nothing failed'}`;
}

async function startApi(
  options: ReceiptCheckOptions,
): Promise<{ port: number; stop: () => Promise<void> } | string> {
  const { directory, server, valueKeys, logs } = options;
  const script = fileURLToPath(new URL('../../../api/src/main.js', import.meta.url));
  const child = fork(script, [], {
    // No .env of the working directory, and nothing of the running service's environment.
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      DATA_DIR: directory,
      LEDGER_DIR: join(directory, 'ledger'),
      VALUE_KEYS_DIR: valueKeys,
      DATABASE_URL: embeddedUrl(server, 'api'),
      LOG_ORIGIN: logs.at(-1)?.origin,
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (words = (words + chunk.toString('utf8')).slice(-2_000)));
  const ended = once(child, 'exit');
  const first = await Promise.race([
    once(child, 'message') as Promise<[{ port: number }]>,
    ended.then(() => undefined),
  ]);
  if (first === undefined) return words.trim();
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { port: first[0].port, stop };
}
