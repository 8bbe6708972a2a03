/** `cunzheng admin usage`: what organizations have used, the same numbers that `GET /v1/usage` gives them. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';
import { parseTime } from './parse-time.js';

interface UsageOptions {
  readonly from?: Date;
  readonly to: Date;
  readonly by: string;
}

export function addUsageCommand(parent: Command): void {
  parent
    .command('usage')
    .description('print what organizations have used: accepted, anchored, delivered, by day or month (UTC)')
    .argument('[organization]', 'its id; none: all of them')
    .option('--from <day>', 'first day; without it that of the month of --to', parseTime)
    .option('--to <day>', 'last day', parseTime, new Date())
    .option('--by <period>', 'day or month', 'month')
    .action(printUsage);
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);

async function printUsage(
  organization: string | undefined,
  options: UsageOptions,
  command: Command,
): Promise<void> {
  const { by } = options;
  if (by !== 'day' && by !== 'month') throw new CliError('usage', `--by is day or month, not ${by}`);
  const to = dayOf(options.to);
  const from = options.from ? dayOf(options.from) : `${to.slice(0, 7)}-01`;
  const terminal = openTerminal(command);
  const { readStored, readUsage, withOwnerTransaction } = await import('./owner-database.js');
  const organizations = await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<{ key: number; id: string }>(
      'SELECT key, id FROM organization WHERE $1::text IS NULL OR id = $1 ORDER BY id',
      [organization ?? null],
    );
    if (organization !== undefined && rows.length === 0)
      throw new CliError('usage', `there is no organization ${organization}`);
    const used = [];
    for (const { key, id } of rows) {
      const items = await readUsage(client, { organization: key, from, to, by });
      used.push({ organization: id, items, stored: await readStored(client, key) });
    }
    await noteOperation(client, 'admin usage', organization);
    return used;
  });
  terminal.result(
    organizations.flatMap(({ organization: id, items, stored }) => [
      ...items.map(
        ({ period, accepted, acceptedBytes, anchored, delivered }) =>
          `${id}\t${period}\taccepted ${accepted} (${acceptedBytes} bytes)\tanchored ${anchored}\tdelivered ${delivered}`,
      ),
      `${id}\tstored ${stored.records} (${stored.bytes} bytes)`,
    ]),
    { from, to, by, organizations },
  );
}
