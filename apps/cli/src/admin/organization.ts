/**
 * `cunzheng admin organization`: from application to leaving. Every step is kept with who took it, why, the digests of the
 * documents that were handed in and the version of the agreement; the documents themselves stay outside.
 */
import { userInfo } from 'node:os';
import { type Command } from 'commander';
import { type Client } from 'pg';
import { CliError } from '../cli-error.js';
import { collect } from '../repeatable.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';
import { addLimitsCommand, formatLimits, LIMIT_COLUMNS, type Limits } from './organization-limits.js';
import { parseNames } from './parse-names.js';

/** As the database checks it; the id appears in statements and never changes. */
const ORGANIZATION_ID = /^[a-z0-9][a-z0-9-]{1,62}$/;
const MAX_NAME_LENGTH = 200;
const SHA256 = /^[0-9a-f]{64}$/;

interface AdmissionOptions {
  readonly name: string;
  readonly type: string;
  readonly document?: readonly string[];
  readonly agreement?: string;
}

interface StateOptions {
  readonly reason: string;
}

/** From which states a step may be taken. Whoever has left applies again under the same id. */
const STEPS = {
  approve: { to: 'approved', from: ['applied', 'suspended', 'left'], text: 'let it in, or in again' },
  suspend: { to: 'suspended', from: ['approved'], text: 'refuse its keys until it is approved again' },
  leave: { to: 'left', from: ['applied', 'approved', 'suspended'], text: 'end its membership' },
} as const;

export function addOrganizationCommands(parent: Command): void {
  addAdmission(
    parent.command('create').description('create an organization that is approved at once'),
    'approved',
  );
  addAdmission(
    parent.command('apply').description('note an application; its keys work once it is approved'),
    'applied',
  );
  for (const [name, { text }] of Object.entries(STEPS)) {
    parent
      .command(name)
      .description(text)
      .argument('<id>', 'its id')
      .requiredOption('--reason <text>', 'why, kept with the step')
      .action((id: string, options: StateOptions, command: Command) =>
        takeStep(name as keyof typeof STEPS, id, options, command),
      );
  }
  addLimitsCommand(parent);
  parent.command('list').description('list organizations with type, state and limits').action(list);
}

function addAdmission(command: Command, state: 'applied' | 'approved'): void {
  command
    .argument('<id>', 'its id: 2 to 63 lower-case letters, digits and hyphens; it never changes')
    .requiredOption('--name <name>', 'its name')
    .option('--type <type>', 'submitter, arbitration, notary, copyright-platform or auditor', 'submitter')
    .option('--document <sha256>', 'digest of a document it handed in, repeatable', collect)
    .option('--agreement <version>', 'version of the agreement it signed')
    .action((id: string, options: AdmissionOptions, self: Command) => admit(id, options, state, self));
}

async function admit(
  id: string,
  { name, type, document = [], agreement = '' }: AdmissionOptions,
  state: 'applied' | 'approved',
  command: Command,
): Promise<void> {
  if (!ORGANIZATION_ID.test(id)) {
    throw new CliError(
      'usage',
      `${id} is no organization id: want 2 to 63 lower-case letters, digits and hyphens`,
    );
  }
  if (name.trim() === '' || name.length > MAX_NAME_LENGTH)
    throw new CliError('usage', `--name must have 1 to ${MAX_NAME_LENGTH} characters`);
  const unfit = document.find((digest) => !SHA256.test(digest));
  if (unfit !== undefined) throw new CliError('usage', `${unfit} is no SHA-256 in lower-case hex`);
  const terminal = openTerminal(command);
  const { ORGANIZATION_TYPES, withOwnerTransaction } = await import('./owner-database.js');
  parseNames([type], ORGANIZATION_TYPES, 'type of organization');
  await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<{ key: number }>(
      `INSERT INTO organization (id, name, type, state) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING RETURNING key`,
      [id, name, type, state],
    );
    if (!rows[0]) {
      throw new CliError(
        'usage',
        `organization ${id} exists already: choose another id, or make it an API key`,
      );
    }
    await noteAdmission(client, rows[0].key, state, { documents: document, agreement, reason: '' });
    await noteOperation(client, `admin organization ${state === 'applied' ? 'apply' : 'create'}`, id, [id]);
  });
  terminal.result([id], {
    id,
    name,
    ...(type !== 'submitter' && { type }),
    ...(state === 'applied' && { state }),
  });
  terminal.hint(
    state === 'approved'
      ? `${name} can submit evidence once it has a key: cunzheng admin api-key create ${id}`
      : `To let it in: cunzheng admin organization approve ${id} --reason TEXT`,
  );
}

async function takeStep(
  step: keyof typeof STEPS,
  id: string,
  { reason }: StateOptions,
  command: Command,
): Promise<void> {
  const { to, from } = STEPS[step];
  const terminal = openTerminal(command);
  const { withOwnerTransaction } = await import('./owner-database.js');
  await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<{ key: number; state: string }>(
      'SELECT key, state FROM organization WHERE id = $1 FOR UPDATE',
      [id],
    );
    const [organization] = rows;
    if (!organization) throw new CliError('usage', `there is no organization ${id}`);
    if (!(from as readonly string[]).includes(organization.state))
      throw new CliError('usage', `${id} is ${organization.state}: it cannot become ${to}`);
    await client.query('UPDATE organization SET state = $2 WHERE key = $1', [organization.key, to]);
    await noteAdmission(client, organization.key, to, { documents: [], agreement: '', reason });
    await noteOperation(client, `admin organization ${step}`, id, [id]);
  });
  terminal.result([`${id} ${to}`], { id, state: to });
}

async function noteAdmission(
  client: Client,
  organization: number,
  state: string,
  { documents, agreement, reason }: { documents: readonly string[]; agreement: string; reason: string },
): Promise<void> {
  await client.query(
    `INSERT INTO admission (organization, state, operator, documents, agreement, reason) VALUES ($1, $2, $3, $4, $5, $6)`,
    [organization, state, userInfo().username, documents, agreement, reason],
  );
}

async function list(_options: unknown, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { withOwnerTransaction } = await import('./owner-database.js');
  const organizations = await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<Limits & { id: string; name: string; type: string; state: string }>(
      `SELECT id, name, type, state, ${LIMIT_COLUMNS} FROM organization ORDER BY id`,
    );
    return rows;
  });
  terminal.result(
    organizations.map(
      ({ id, name, type, state, ...limits }) => `${id}  ${type}  ${state}  ${formatLimits(limits)}  ${name}`,
    ),
    { organizations },
  );
}
