/** `cunzheng admin organization limits`: what an organization may send in a minute and in a month. Holds at once. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';

/** As the database checks it. */
const MAX_PER_MINUTE = 1_000_000_000;
const MAX_PER_MONTH = 1_000_000_000_000;

interface LimitsOptions {
  readonly recordsPerMinute?: string;
  readonly recordsPerMonth?: string;
}

/** null: as the service is set, and any number. */
export interface Limits {
  readonly recordsPerMinute: number | null;
  readonly recordsPerMonth: number | null;
}

/** Reads both as numbers: PostgreSQL's bigint would come as text. */
export const LIMIT_COLUMNS =
  'records_per_minute AS "recordsPerMinute", records_per_month::float8 AS "recordsPerMonth"';

export function addLimitsCommand(parent: Command): void {
  parent
    .command('limits')
    .description('say how many records it may send; without an option: print that')
    .argument('<id>', 'its id')
    .option('--records-per-minute <n>', 'so many a minute, or "default": as RECORDS_PER_MINUTE says')
    .option('--records-per-month <n>', 'so many a calendar month (UTC), or "none": any number')
    .action(limit);
}

/** Both limits in words, such as `default/minute  100000/month`. */
export const formatLimits = ({ recordsPerMinute, recordsPerMonth }: Limits): string =>
  `${recordsPerMinute ?? 'default'}/minute  ${recordsPerMonth ?? 'any'}/month`;

async function limit(id: string, options: LimitsOptions, command: Command): Promise<void> {
  const minute = parseLimit(options.recordsPerMinute, '--records-per-minute', 'default', MAX_PER_MINUTE);
  const month = parseLimit(options.recordsPerMonth, '--records-per-month', 'none', MAX_PER_MONTH);
  const terminal = openTerminal(command);
  const { setOrganizationLimits, withOwnerTransaction } = await import('./owner-database.js');
  const limits = await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<Limits & { key: number }>(
      `SELECT key, ${LIMIT_COLUMNS} FROM organization WHERE id = $1 FOR NO KEY UPDATE`,
      [id],
    );
    if (!rows[0]) throw new CliError('usage', `there is no organization ${id}`);
    const { key, ...set } = rows[0];
    if (minute === undefined && month === undefined) return set;
    const wanted = {
      recordsPerMinute: minute === undefined ? set.recordsPerMinute : minute,
      recordsPerMonth: month === undefined ? set.recordsPerMonth : month,
    };
    await setOrganizationLimits(client, key, wanted);
    await noteOperation(client, 'admin organization limits', id, [id]);
    return wanted;
  });
  terminal.result([`${id}  ${formatLimits(limits)}`], { id, ...limits });
}

/** null is no limit of its own; undefined leaves it as it is. */
function parseLimit(
  given: string | undefined,
  option: string,
  word: string,
  max: number,
): number | null | undefined {
  if (given === undefined) return undefined;
  if (given === word) return null;
  if (/^[1-9]\d{0,12}$/.test(given) && Number(given) <= max) return Number(given);
  throw new CliError('usage', `${option} is a number from 1 to ${max}, or ${word}, not ${given}`);
}
