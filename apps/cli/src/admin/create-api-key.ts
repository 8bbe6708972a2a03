/** `cunzheng admin api-key create`: a new API key, printed once. Only a hash of its secret is stored. */
import { type Command } from 'commander';
import { type DataSource } from 'typeorm';
import { CliError } from '../cli-error.js';
import { collect } from '../repeatable.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';
import { parseNames } from './parse-names.js';
import { parseTime } from './parse-time.js';

interface CreateApiKeyOptions {
  readonly scope?: readonly string[];
  readonly role?: readonly string[];
  readonly member?: string;
  readonly label: string;
  readonly expires?: Date;
}

const MAX_LABEL_LENGTH = 200;

export function addCreateApiKeyCommand(parent: Command): void {
  parent
    .command('create')
    .description('create an API key and print it, once')
    .argument('<organization>', 'id of the organization')
    .option(
      '--scope <scope>',
      'what it may do, repeatable (default, without roles: daily work, see docs/api/access.md)',
      collect,
    )
    .option('--role <role>', 'a role it has, repeatable', collect)
    .option('--member <id>', 'whose key it is: it never does more than the member may')
    .option('--label <text>', 'what it is for, in your words', '')
    .option(
      '--expires <time>',
      'when it ends, UTC: 2027-12-31 or 2027-12-31T12:00:00Z (default: never)',
      parseTime,
    )
    .action(createApiKey);
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
    ROLE_NAMES,
    withOwnerDatabase,
  } = await import('./owner-database.js');
  const roles = parseNames(options.role ?? [], ROLE_NAMES, 'role');
  const inherited = roles.length > 0 || options.member !== undefined ? [] : DEFAULT_API_KEY_SCOPES;
  const scopes = parseNames(options.scope ?? inherited, API_KEY_SCOPES, 'scope');
  if (options.label.length > MAX_LABEL_LENGTH)
    throw new CliError('usage', `--label may have ${MAX_LABEL_LENGTH} characters`);
  const expiresAt = options.expires ?? null;
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw new CliError('usage', '--expires lies in the past');
  const terminal = openTerminal(command);
  const { id, secretSha256, token } = createApiKeyToken();
  await withOwnerDatabase((source) =>
    source.transaction(async (database) => {
      const organization = await database.getRepository(Organization).findOneBy({ id: organizationId });
      if (!organization) throw organizationMissing(organizationId);
      if (options.member !== undefined) await assertRoom(database, organization.key, options.member);
      await database.getRepository(ApiKey).insert({
        id,
        organization: organization.key,
        secretSha256,
        scopes,
        roles,
        member: options.member ?? null,
        label: options.label,
        expiresAt,
      });
      await noteOperation(database, 'admin api-key create', organizationId, [id]);
    }),
  );
  const expires = expiresAt?.toISOString();
  terminal.result([token], {
    apiKey: token,
    id,
    organization: organizationId,
    scopes,
    ...(roles.length > 0 && { roles }),
    ...(options.member !== undefined && { member: options.member }),
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

/** A key in use and its successor. */
const MAX_LIVE_KEYS = 2;

async function assertRoom(
  database: Pick<DataSource, 'query'>,
  organization: number,
  member: string,
): Promise<void> {
  const [found] = await database.query<{ live: number }[]>(
    `SELECT (SELECT count(*)::int FROM api_key k WHERE k.organization = m.organization AND k.member = m.id
       AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS live
     FROM member m WHERE organization = $1 AND id = $2`,
    [organization, member],
  );
  if (!found) throw new CliError('usage', `there is no member ${member}: see cunzheng admin member set`);
  if (found.live >= MAX_LIVE_KEYS)
    throw new CliError('usage', `${member} has ${MAX_LIVE_KEYS} live keys: revoke one first`);
}
