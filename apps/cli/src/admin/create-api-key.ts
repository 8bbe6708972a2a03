/** `cunzheng admin api-key create`: a new API key, printed once. Only a hash of its secret is stored. */
import { InvalidArgumentError, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { collect } from '../repeatable.js';
import { openTerminal } from '../terminal.js';

interface CreateApiKeyOptions {
  readonly scope?: readonly string[];
  readonly label: string;
  readonly expires?: Date;
}

const MAX_LABEL_LENGTH = 200;
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

export function addCreateApiKeyCommand(parent: Command): void {
  parent
    .command('create')
    .description('create an API key and print it, once')
    .argument('<organization>', 'id of the organization')
    .option(
      '--scope <scope>',
      'what it may do, repeatable (default: everything but personal-data:erase)',
      collect,
    )
    .option('--label <text>', 'what it is for, in your words', '')
    .option(
      '--expires <time>',
      'when it ends, UTC: 2027-12-31 or 2027-12-31T12:00:00Z (default: never)',
      parseExpires,
    )
    .action(createApiKey);
}

function parseExpires(text: string): Date {
  const time = new Date(DATE.test(text) ? text : Number.NaN);
  // A day that does not exist, such as February 30, must not become another one.
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text.slice(0, 10))) {
    throw new InvalidArgumentError('want a date such as 2027-12-31 or a time such as 2027-12-31T12:00:00Z');
  }
  return time;
}

async function createApiKey(
  organizationId: string,
  options: CreateApiKeyOptions,
  command: Command,
): Promise<void> {
  const {
    API_KEY_SCOPES,
    ApiKey,
    DEFAULT_API_KEY_SCOPES,
    createApiKeyToken,
    Organization,
    withOwnerDatabase,
  } = await import('./owner-database.js');
  const scopes = [...new Set(options.scope ?? DEFAULT_API_KEY_SCOPES)];
  const unknown = scopes.find((scope) => !(API_KEY_SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined)
    throw new CliError('usage', `${unknown} is no scope: want ${API_KEY_SCOPES.join(', ')}`);
  if (options.label.length > MAX_LABEL_LENGTH)
    throw new CliError('usage', `--label may have ${MAX_LABEL_LENGTH} characters`);
  const expiresAt = options.expires ?? null;
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw new CliError('usage', '--expires lies in the past');
  const terminal = openTerminal(command);
  const { id, secretSha256, token } = createApiKeyToken();
  await withOwnerDatabase(async (database) => {
    const organization = await database.getRepository(Organization).findOneBy({ id: organizationId });
    if (!organization) throw organizationMissing(organizationId);
    await database
      .getRepository(ApiKey)
      .insert({ id, organization: organization.key, secretSha256, scopes, label: options.label, expiresAt });
  });
  const expires = expiresAt?.toISOString();
  terminal.result([token], {
    apiKey: token,
    id,
    organization: organizationId,
    scopes,
    ...(expires === undefined ? {} : { expiresAt: expires }),
  });
  terminal.hint(
    'This is the only time the key is shown: give it to its user in a safe way (CUNZHENG_API_KEY or --api-key-file).',
    `To end it: cunzheng admin api-key revoke ${id}`,
  );
}

function organizationMissing(id: string): CliError {
  return new CliError(
    'usage',
    `there is no organization ${id}: create it with cunzheng admin organization create ${id} --name NAME`,
  );
}
