/** A log that is closed and the one that follows it: what the tests of closing share. Not a test. */
import { join } from 'node:path';
import { logDirectory } from '@cunzheng/ledger/node';
import { checkLedger } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { RestoreScene } from './restore-scene.js';

export const NEXT = 'notary.example/logs/next';

export class ClosingScene extends RestoreScene {
  static override async create(environment: Record<string, string> = {}): Promise<ClosingScene> {
    return new ClosingScene(...(await RestoreScene.begin(environment)));
  }

  /** Asks for the log to be closed. */
  close(...more: string[]): ReturnType<RestoreScene['cunzheng']> {
    return this.cunzheng('ledger', 'close', this.origin, '--next', NEXT, ...more);
  }

  async isClosed(): Promise<void> {
    await eventually('the log is closed', async () => {
      const [log] = await this.stack.query<{ closed: boolean }>(
        'SELECT closed_at IS NOT NULL AS closed FROM log WHERE origin = $1',
        [this.origin],
      );
      return log?.closed === true;
    });
  }

  async isSwitched(): Promise<void> {
    await eventually('the next log is open', async () => {
      const { status } = await this.api.http.get('/logs/next/checkpoint');
      return status === 200;
    });
  }

  ledgerOf(name: string): string {
    return logDirectory(join(this.stack.directory, 'ledger'), name);
  }

  /** The old log ends with its close event; every accepted record stands once, in the log that it names: the scene's own and these. */
  async expectWholeHistory(accepted: number): Promise<void> {
    const logs = await this.stack.query<{
      name: string;
      last: string | null;
      closed: boolean;
      size: string;
    }>(
      `SELECT name, last_size AS last, closed_at IS NOT NULL AS closed,
         (SELECT max(tree_size) FROM checkpoint c WHERE c.log = log.id) AS size FROM log ORDER BY id`,
    );
    expect(logs.map(({ name, closed }) => [name, closed])).toEqual([
      ['main', true],
      ['next', false],
    ]);
    expect(logs[0]!.last).toBe(logs[0]!.size);
    for (const name of ['main', 'next']) await checkLedger(this.stack, name);
    const [stored] = await this.stack.query<{ n: number }>('SELECT count(*)::int AS n FROM evidence');
    expect(stored!.n).toBe(accepted + 1);
    const { events } = (await this.api.http.get('/logs/main/events')).json<{ events: { body: string }[] }>();
    expect(JSON.parse(events.at(-1)!.body)).toMatchObject({
      event: 'close',
      lastSize: Number(logs[0]!.size),
      next: NEXT,
    });
    expect(events.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'open',
      'close',
    ]);
  }
}
