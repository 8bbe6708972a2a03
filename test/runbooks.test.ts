/**
 * The runbooks of docs/operations, each in the situation it is for: what the page says that one notices is there, its commands
 * run as they stand on it, and afterwards it is over.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedUrl, ensurePostgres } from '@cunzheng/persistence';
import { eventually } from '@test/eventually.js';
import { SmallDisk } from '../faults/small-disk.js';
import { type Evidence } from '@test/evidence.js';
import { type Answer } from '@test/http-client.js';
import { Operator } from '@test/operator.js';
import { receiptOf } from '@test/receipts.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa } from '@test/openssl-tsa.js';
import { TestRedis } from '@test/redis.js';
import { describeWithTool } from '@test/tools.js';
import { TestWitness } from '@test/witness.js';

describeWithTool('curl', 'the runbooks of docs/operations', () => {
  let operator: Operator;
  const closes: (() => Promise<void> | void)[] = [];
  const begin = async (environment: Parameters<typeof Operator.create>[0] = {}): Promise<void> => {
    operator = await Operator.create(environment);
  };

  afterEach(async () => {
    await operator.close();
    for (const close of closes.splice(0).reverse()) await close();
  });

  describeWithTool('redis-server', 'redis-lost.md', () => {
    test('nothing waits for it; an empty one does, and so does none', async () => {
      const redis = await TestRedis.start();
      closes.push(() => redis.stop());
      await begin({ REDIS_URL: redis.url });
      const [ask, over] = operator.steps('redis-lost', 2) as [string, string];
      await redis.halt();
      await receiptOf(operator.http, await operator.submit('while it is away'));
      await operator.logged('anchor queue');
      const errors = 'curl -s "$WORKER/metrics" | grep ^cunzheng_worker_errors_total';
      await operator.typeUntil(errors, /part="queue"\} [1-9]/);
      await redis.resume();
      expect(await operator.type(ask)).toBe('PONG\nmaxmemory-policy\nnoeviction\n');
      await receiptOf(operator.http, await operator.submit('with an empty one'));
      await operator.typeUntil(over, /^cunzheng_pending_oldest_seconds 0\n/m);
      await redis.halt();
      await operator.restartApi({ REDIS_URL: '' });
      await operator.restartWorker({ REDIS_URL: '' });
      await receiptOf(operator.http, await operator.submit('without one'));
    });
  });

  test('disputed-receipt.md: says which check failed, and a copy of the ledger agrees', async () => {
    await begin();
    const steps = operator.steps('disputed-receipt', 4);
    await operator.notarize('the contract');
    const printed: string[] = [];
    for (const step of steps) printed.push(await operator.type(step));
    expect(printed[0]).toContain('verdict: holds');
    expect(printed[2]).toMatch(/^audit: clean/m);
    expect(printed[2]).toMatch(/^ledger: ✓ copy: entry \d+ stands in block \d+/m);
    expect(printed[3]!.match(/^[0-9a-f]{64} /gm)).toHaveLength(3);
    operator.write('document.pdf', 'the contract, saved again');
    await expect(operator.type(steps[0]!)).rejects.toThrow(/✗ document/);
  });

  test('court-request.md: what is handed over verifies by itself and shows what was asked for', async () => {
    await begin();
    const [key, fetch, reduce, handOver, revoke] = operator.steps('court-request', 5);
    const id = await operator.submit('the contract', { title: 'Contract', clientRef: 'confidential-7' });
    await receiptOf(operator.http, id);
    await operator.type(key!);
    expect(await operator.type(`ID=${id}\n${fetch}`)).toContain('verdict: holds');
    expect(await operator.type(reduce!)).toContain('clientRef\n');
    expect(await operator.type(handOver!)).toContain('verdict: holds');
    expect(await operator.type('cunzheng disclose handover/receipt.json')).toBe('title\n');
    await operator.type(revoke!);
    await expect(operator.type('cunzheng receipt "$ID" --out again.json')).rejects.toThrow(/API key/);
  });

  test('database-restored.md: the loss is found, shown, accepted, and all else goes on', async () => {
    await begin();
    const [restore, replace, show, confirm, over] = operator.steps('database-restored', 5);
    await operator.notarize('before the backup');
    await operator.type('cunzheng admin backup backup');
    await receiptOf(operator.http, await operator.submit('after the backup'));
    await operator.stopApi();
    await operator.stopWorker();
    expect(await operator.type(`BACKUP=backup\n${restore}`)).toContain('proven');
    const directory = join(operator.stack.directory, 'postgres');
    mkdirSync(directory);
    await operator.type(replace!);
    const server = await ensurePostgres(directory);
    operator.stack.onClose(() => server.stop());
    const worker = { DATABASE_URL: embeddedUrl(server, 'worker') };
    await expect((await operator.restartWorker(worker)).finished).rejects.toThrow(
      /an older database was restored: 1 /,
    );
    await operator.type('unset DATABASE_URL');
    expect(await operator.type(show!)).toMatch(/--confirm 1\b/);
    await operator.stopWorker();
    await operator.type(`LOST=1\n${confirm}`);
    await operator.restartWorker(worker);
    await operator.restartApi({ DATABASE_URL: embeddedUrl(server, 'api') });
    await receiptOf(operator.http, await operator.submit('afterwards'));
    const printed = await operator.type(over!);
    expect(printed).toContain('"status":"ready"');
    expect(printed).toMatch(/^audit: clean/m);
    expect(printed).toContain('verdict: holds');
  });

  describe('key-compromised.md', () => {
    test('a stolen log key: a new one, announced by the old, and receipts of both hold', async () => {
      await begin();
      const [note, inspect, rotate] = operator.steps('key-compromised', 6);
      await operator.notarize('under the old key', 'old.json');
      await operator.stopWorker();
      expect(await operator.type(note!)).toMatch(/^evidence\.example\.com\/logs\/main\n\d+\n\S{44}\n$/);
      expect(await operator.type(inspect!)).toMatch(/^audit: clean/m);
      await operator.type(rotate!);
      await operator.restartWorker();
      await operator.typeUntil('cat "$TRUST/trust.json"', /"toSize"/);
      await operator.notarize('under the new key', 'new.json');
      for (const name of ['old.json', 'new.json'])
        await operator.type(`cunzheng verify --receipt ${name} --trust "$TRUST"`);
    });

    test('a lost log key: the worker says so, and goes on with the one from the backup', async () => {
      await begin();
      await operator.type('cp -r .data/keys kept');
      await operator.stopWorker();
      await operator.type('rm .data/keys/*.pem');
      await expect(operator.restartWorker()).rejects.toThrow(/restore the key from its backup/);
      await operator.type('cp kept/* .data/keys/');
      await operator.restartWorker();
      await receiptOf(operator.http, await operator.submit('with the key again'));
    });

    test('stolen value keys: everything is sealed with a new one. A stolen API key: it is refused', async () => {
      await begin();
      const [, , , rotate, reencrypt, revoke] = operator.steps('key-compromised', 6);
      const id = await operator.submit('the contract', { title: 'Contract' });
      const read = (): Promise<Answer> => operator.http.get(`/v1/evidence/${id}`);
      const disclosed = async (): Promise<readonly string[]> => (await read()).json<Evidence>().disclosures;
      const before = await disclosed();
      await operator.type(rotate!);
      await operator.restartApi();
      expect(await operator.type(reencrypt!)).toMatch(/with key 2: 2 records/);
      await operator.stack.query('VACUUM (FULL) evidence');
      expect(await disclosed()).toEqual(before);
      await operator.type(`KEYID=${operator.tenant.token.slice(4, 12)}\n${revoke}`);
      await eventually('it is refused', async () => (await read()).status === 401);
    });
  });

  test('witness-down.md: receipts wait for the quorum, and nothing else does', async () => {
    const witness = await TestWitness.start('one.example', 'silent');
    const other = await TestWitness.start('two.example');
    closes.push(
      () => witness.stop(),
      () => other.stop(),
    );
    const folder = mkdtempSync(join(tmpdir(), 'cunzheng-policies-'));
    closes.push(() => {
      rmSync(folder, { recursive: true });
    });
    const policyOf = (name: string, { key, url }: TestWitness): string => {
      writeFileSync(join(folder, name), `witness one ${key.vkey} ${url}\nquorum one\n`);
      return join(folder, name);
    };
    await begin({ POLICY_FILE: policyOf('first', witness), WITNESS_TIMEOUT_MS: '1000' });
    const [look, vkey, inspect, over] = operator.steps('witness-down', 4);
    const id = await operator.notarize('anchored all the same');
    await operator.logged('witness did not cosign');
    await operator.typeUntil(look!, /_failures_total\{witness="one"\} [1-9]/);
    await operator.typeUntil('curl -s "$WORKER/health"', /"degraded".*"not-attested"/);
    expect(await operator.isFinal(id)).toBe(false);
    witness.manner = 'good';
    await operator.logged('refused with status 404');
    const key = /^log (\S+)\n/.exec(await operator.type(vkey!))![1]!;
    expect(await operator.type(inspect!)).toMatch(/: clean/);
    witness.watch(key);
    await eventually('the receipt is final', () => operator.isFinal(id));
    await operator.typeUntil(
      over!,
      /attested_tree_size (\d+)\n[^]*checkpoint_tree_size \1\n|checkpoint_tree_size (\d+)\n[^]*attested_tree_size \2\n/,
    );
    // For good.
    await witness.stop();
    other.watch(key);
    await operator.restartWorker({ POLICY_FILE: policyOf('second', other) });
    const later = await operator.submit('with another witness');
    await eventually('it is final as well', () => operator.isFinal(later));
  });

  describeWithTool('openssl', 'tsa-down.md', () => {
    test('receipts wait for an authority, with its new root, or another, or are promised less', async () => {
      const pki = new OpensslPki();
      closes.push(() => {
        pki.remove();
      });
      const authorities = ['old', 'new'].map((name) => {
        const root = pki.issue({ name: `${name}-root`, extensions: CA_EXTENSIONS });
        const certificate = pki.issue({ name, issuer: root, extensions: TSA_EXTENSIONS });
        return { root, tsa: new OpensslTsa(pki, certificate) };
      });
      let answering: OpensslTsa | undefined;
      const [server, another] = [
        await authorities[0]!.tsa.serve((query) => answering?.reply(query) ?? new Uint8Array()),
        await authorities[0]!.tsa.serve(),
      ];
      closes.push(
        () => server.close(),
        () => another.close(),
      );
      const [list, roots] = [pki.path('list'), pki.path('roots.pem')];
      writeFileSync(list, `${server.url} One\n`);
      writeFileSync(roots, authorities[0]!.root.pem);
      await begin({ TSA_LIST_FILE: list, TSA_ROOTS_FILE: roots, MIN_TIMESTAMPS: '1' });
      const [ask, compare, believe, add, over] = operator.steps('tsa-down', 5);
      const id = await operator.notarize('anchored all the same');
      await operator.logged('authority did not stamp');
      await operator.typeUntil(ask!, /_failures_total\{authority="One"\} [1-9]/);
      await operator.typeUntil('curl -s "$WORKER/health"', /"degraded".*"not-attested"/);
      expect(await operator.isFinal(id)).toBe(false);
      // It answers, with a root that nobody here knows yet.
      answering = authorities[1]!.tsa;
      operator.write('new-root.pem', authorities[1]!.root.pem);
      expect(await operator.type(compare!)).toMatch(/^sha256 Fingerprint=/m);
      await operator.type(believe!);
      const restart = async (environment = {}): Promise<void> => {
        await operator.restartWorker(environment);
        await operator.restartApi(environment);
      };
      await restart();
      await eventually('the receipt is final', () => operator.isFinal(id));
      await operator.type(`cunzheng receipt ${id} --out final.json`);
      expect(await operator.type('cunzheng verify --receipt final.json --trust "$TRUST"')).toContain(
        'verdict: holds',
      );
      await operator.typeUntil(over!, /"status":"ready"/);
      // It is away for long.
      answering = undefined;
      await operator.type(add!, { 'https://tsa.example.com/tsr': another.url });
      await restart();
      const later = await operator.submit('with another authority');
      await eventually('it is final as well', () => operator.isFinal(later));
      await another.close();
      const last = await operator.submit('with none');
      await receiptOf(operator.http, last);
      expect(await operator.isFinal(last)).toBe(false);
      await restart({ MIN_TIMESTAMPS: '0' });
      await eventually('it is final with less', () => operator.isFinal(last));
    });
  });

  describeWithTool('unshare', 'disk-full.md', () => {
    test('what was accepted waits for room, and derived files may go', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cunzheng-disk-'));
      const disk = await SmallDisk.mount(join(folder, 'disk'), 4_194_304, 4_096);
      closes.push(
        () => {
          rmSync(folder, { recursive: true });
        },
        () => disk.unmount(),
      );
      await begin({ LEDGER_DIR: disk.ledgerDir });
      symlinkSync(disk.ledgerDir, join(operator.stack.directory, 'ledger'));
      const [drop, copy, inspect] = operator.steps('disk-full', 3);
      const before = await operator.notarize('before');
      await operator.typeUntil('curl -s "$WORKER/health"', /"ready"/);
      disk.fillBytes(65_536);
      await operator.typeUntil('curl -s "$WORKER/health"', /"degraded".*"disk-nearly-full"/);
      const receipt = (id: string): Promise<Answer> => operator.http.get(`/v1/evidence/${id}/receipt`);
      const ends = operator.workerEnds();
      disk.fillBytes(0);
      const waiting = await operator.submit('while it is full');
      await expect(ends).resolves.toMatchObject({
        message: expect.stringMatching(/^could not write .*ENOSPC/) as string,
      });
      await operator.stopWorker();
      await operator.type(drop!);
      await operator.restartApi();
      expect((await receipt(before)).problem).toBe('not-ready');
      await operator.submit('while there are no tiles');
      disk.free();
      await operator.restartWorker();
      for (const id of [before, waiting])
        await eventually('there is a receipt', async () => (await receipt(id)).status === 200);
      await operator.stopWorker();
      await operator.type(`LARGER="$PWD"\n${copy}`);
      const larger = { LEDGER_DIR: join(operator.folder, 'ledger') };
      await operator.restartWorker(larger);
      await operator.restartApi(larger);
      await receiptOf(operator.http, await operator.submit('on the larger disk'));
      expect(await operator.type(`LEDGER=ledger/main\n${inspect}`)).toContain(': clean');
    });
  });
});
