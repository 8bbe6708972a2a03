/** Starting and stopping: what an API refuses to start with, what it says of its health, and that it stops without loss. */
import { randomBytes } from 'node:crypto';
import { connect, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import { evidenceOf, type BatchResult, type Evidence } from '@test/evidence.js';
import { HttpClient, type Answer } from '@test/http-client.js';
import { runToEnd, startProcess } from '@test/processes.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

describe('starting', () => {
  test('through a role that owns tables or bypasses row-level security: refused, also by the process', async () => {
    const stack = await TestStack.create();
    for (const url of [stack.database.ownerUrl, stack.database.superuserUrl]) {
      await expect(stack.startApi({}, url)).rejects.toMatchObject({
        code: 'role-too-powerful',
        message: expect.stringContaining('cunzheng_api') as string,
      });
    }
    const { code, output } = await runToEnd(stack, 'api', { DATABASE_URL: stack.database.ownerUrl });
    expect([code, output]).toEqual([
      1,
      expect.stringContaining('owns tables or bypasses row-level security'),
    ]);
    await stack.close();
  });

  test('with a setting that does not fit: the process names it and ends', async () => {
    const stack = await TestStack.create();
    const { code, output } = await runToEnd(stack, 'api', { PORT: 'eighty', DATABASE_URL: '' });
    expect(code).toBe(1);
    expect(output).toMatch(/PORT: must be a whole number/);
    await stack.close();
  });

  test('before the database has its schema: it waits for the migration', async () => {
    const stack = await TestStack.create();
    await stack.query("UPDATE migration SET name = 'not yet ' || name");
    let started = false;
    const starting = stack.startApi().then((api) => {
      started = true;
      return api;
    });
    const looked = await eventually('it looks for the migration', async () => {
      const rows = await stack.asSuperuser(
        "SELECT FROM pg_stat_activity WHERE application_name = 'cunzheng-api' AND datname = current_database()",
      );
      return rows.length > 0;
    });
    expect([looked, started]).toEqual([true, false]);
    await stack.query("UPDATE migration SET name = replace(name, 'not yet ', '')");
    expect((await (await starting).http.get('/health/live')).status).toBe(200);
    await stack.close();
  });
});

describe('health', () => {
  test('live at once, ready when the log is open and while the database answers', async () => {
    const stack = await TestStack.create();
    const api = await stack.startApi();
    const tenant = await stack.createTenant();
    expect((await api.http.get('/health/live')).json()).toEqual({ status: 'live' });
    const unopened = await api.http.get('/health/ready');
    expect([unopened.status, unopened.problem]).toEqual([503, 'not-ready']);
    expect((await api.http.as(tenant.token).post('/v1/evidence', evidenceOf())).problem).toBe('not-ready');
    // Without any log there is nothing to trust, and nothing falls over.
    expect((await api.http.post('/v1/receipts/verify', { receipt: 'x' })).status).toBe(200);
    await stack.startWorker({ LOG_ORIGIN: 'notary.example/logs/main' });
    await accept(api.http.as(tenant.token), evidenceOf());
    const ready = await eventually('its worker has said that it works', async () => {
      const health = (await api.http.get('/health/ready')).json<{ status: string }>();
      return health.status === 'ready' && health;
    });
    expect(ready).toEqual({ status: 'ready', log: 'notary.example/logs/main', reasons: [] });

    const superuser = new pg.Client({
      connectionString: stack.database.superuserUrl.replace(stack.database.name, 'postgres'),
    });
    await superuser.connect();
    await superuser.query(`ALTER DATABASE ${stack.database.name} ALLOW_CONNECTIONS false`);
    await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${stack.database.name}' AND usename = 'cunzheng_api'`,
    );
    const down = await eventually('it is no longer ready', async () => {
      const answer = await api.http.get('/health/ready');
      return answer.status !== 200 && answer;
    });
    expect([down.status, down.problem]).toEqual([503, 'not-ready']);
    expect((await api.http.get('/health/live')).status).toBe(200);
    // An answer that is not 202 is an answer: nothing was accepted.
    expect([500, 503]).toContain((await api.http.as(tenant.token).post('/v1/evidence', evidenceOf())).status);
    await superuser.query(`ALTER DATABASE ${stack.database.name} ALLOW_CONNECTIONS true`);
    await superuser.end();
    await eventually('it is ready again', async () => (await api.http.get('/health/ready')).status === 200);
    expect((await api.http.as(tenant.token).post('/v1/evidence', evidenceOf())).status).toBe(202);
    await stack.close();
  });
});

describe('stopping', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;

  beforeEach(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant();
    http = HttpClient.to(api.url).as(tenant.token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await worker.stop();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    http.close();
    await stack.close();
  });

  const stored = async (answers: readonly Answer[]): Promise<number> => {
    const ids = answers.filter(({ status }) => status === 202).map((answer) => answer.json<Evidence>().id);
    const [row] = await stack.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM evidence WHERE id = ANY($1)',
      [ids],
    );
    expect(row!.n).toBe(ids.length);
    return ids.length;
  };

  test('requests under way are answered, what they brought is stored, and then nobody listens', async () => {
    const sent: Promise<Answer>[] = [];
    let stopping: Promise<void> | undefined;
    let begun = 0;
    (api.app.getHttpServer() as Server).on('request', () => (begun += 1));
    await stack.locking('evidence', async () => {
      sent.push(...Array.from({ length: 20 }, () => http.post('/v1/evidence', evidenceOf())));
      sent.push(http.post('/v1/evidence/batch', { items: Array.from({ length: 50 }, () => evidenceOf()) }));
      await eventually('all of them have begun', () => begun === sent.length);
      await eventually('some are stored', async () => (await stack.countBlocked('cunzheng-intake')) === 2);
      stopping = api.stop();
      await eventually('it has stopped listening', () => refuses(api.url));
    });
    const answers = await Promise.all(sent);
    expect(await stored(answers)).toBe(20);
    const { results } = answers.at(-1)!.json<{ results: BatchResult[] }>();
    expect(results.filter(({ status }) => status === 202)).toHaveLength(50);
    await stopping;
  });

  test('waits end now instead of when their time is over, with the honest 202', async () => {
    stretchWaits();
    const waiting = [
      http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=30' }),
      http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=30' }),
    ];
    await eventually('both are stored', async () => (await stack.query('SELECT FROM evidence')).length === 3);
    await api.stop();
    expect(await stored(await Promise.all(waiting))).toBe(2);
  });

  test('a request that still comes on an open connection is answered, and the connection closed after it', async () => {
    const waiting = http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=30' });
    let slow: Promise<Answer> | undefined;
    let stopping: Promise<void> | undefined;
    await stack.locking('signer', async () => {
      slow = http.post('/v1/signers', { name: 'slow' });
      await eventually('it waits for the lock', async () => (await stack.countBlocked('cunzheng-api')) === 1);
      const socket = await open(api.url);
      // Half a request keeps this connection from being idle.
      socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
      await eventually('the server has seen it', async () => {
        const server = api.app.getHttpServer() as Server;
        return await new Promise<boolean>((resolve) => {
          server.getConnections((_, n) => {
            resolve(n >= 3);
          });
        });
      });
      stopping = api.stop();
      await waiting;
      socket.write('\r\n');
      expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 [^]*\{"status":"live"\}/);
    });
    expect((await slow)!.status).toBe(201);
    await stopping;
  });

  test('clients that have gone away do not keep it', async () => {
    stretchWaits();
    const body = JSON.stringify(evidenceOf());
    const socket = await open(api.url);
    socket.write(
      `POST /v1/evidence HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.token}\r\nPrefer: wait=30\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await eventually('it is stored', async () => (await stack.query('SELECT FROM evidence')).length === 2);
    socket.destroy();
    await api.stop();
  });

  test('a connection that is cut in the middle of a transaction costs that request, and nothing else', async () => {
    const child = await startProcess(stack, 'api');
    const client = HttpClient.to(`http://127.0.0.1:${child.port}`).as(tenant.token);
    let cut: Promise<Answer> | undefined;
    await stack.locking('signer', async () => {
      cut = client.post('/v1/signers', { name: 'cut' });
      await eventually('it waits for the lock', async () => (await stack.countBlocked('cunzheng-api')) === 1);
      const ended = await stack.asSuperuser<{ pid: number }>(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cunzheng-api' AND datname = current_database()",
      );
      expect([500, 503]).toContain((await cut).status);
      await eventually('all of them are gone', async () => {
        const pids = ended.map(({ pid }) => pid).join();
        return (await stack.asSuperuser(`SELECT FROM pg_stat_activity WHERE pid IN (${pids})`)).length === 0;
      });
    });
    expect((await client.post('/v1/signers', { name: 'next' })).status).toBe(201);
    client.close();
    expect([0, 'SIGTERM']).toContain(await child.end('SIGTERM'));
  });

  test('a process that is told to stop under load: every 202 is stored, and it ends by itself', async () => {
    const process_ = await startProcess(stack, 'api');
    const client = HttpClient.to(`http://127.0.0.1:${process_.port}`).as(tenant.token);
    const answers: Answer[] = [];
    let ended = false;
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!ended)
          await client.post('/v1/evidence', evidenceOf(randomBytes(8))).then(
            (answer) => answers.push(answer),
            () => undefined,
          );
      }),
    );
    await eventually('it is busy', () => answers.length > 50);
    const how = await process_.end('SIGTERM');
    ended = true;
    await load;
    client.close();
    expect([0, 'SIGTERM']).toContain(how);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await stored(answers)).toBe(answers.length);
    expect(process_.output()).not.toMatch(/"level":50/);
  });
});

/** A wait of half a minute would last a day: one that ends was ended. */
function stretchWaits(): void {
  const { setTimeout: start } = globalThis;
  const stretched = (work: () => void, ms = 0): NodeJS.Timeout =>
    ms > 20_000 ? start(work, 86_400_000).unref() : start(work, ms);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(stretched);
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

async function refuses(url: string): Promise<boolean> {
  return await open(url).then(
    (socket) => {
      socket.destroy();
      return false;
    },
    () => true,
  );
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('utf8');
  return text;
}
