/** `cunzheng admin api-key revoke`: ends an API key for good; API processes hear of it at once. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';

const KEY_ID = /^[a-z2-7]{8}$/;

export function addRevokeApiKeyCommand(parent: Command): void {
  parent
    .command('revoke')
    .description('revoke an API key, for good')
    .argument('<keyid>', 'the 8 characters after czk_, not the whole key')
    .action(revokeApiKey);
}

async function revokeApiKey(id: string, _options: unknown, command: Command): Promise<void> {
  if (!KEY_ID.test(id))
    throw new CliError('usage', 'the key id is the 8 characters after czk_, not the whole key');
  const terminal = openTerminal(command);
  const { ApiKey, withOwnerDatabase } = await import('./owner-database.js');
  const revokedAt = await withOwnerDatabase((source) =>
    source.transaction(async (database) => {
      const keys = database.getRepository(ApiKey);
      await keys
        .createQueryBuilder()
        .update()
        .set({ revokedAt: () => 'now()' })
        .where('id = :id AND revoked_at IS NULL', { id })
        .execute();
      const key = await keys.findOneBy({ id });
      const [owner] = await database.query<{ id: string }[]>('SELECT id FROM organization WHERE key = $1', [
        key?.organization ?? 0,
      ]);
      if (owner) await noteOperation(database, 'admin api-key revoke', owner.id, [id]);
      return key?.revokedAt;
    }),
  );
  if (!revokedAt) throw new CliError('usage', `there is no API key ${id}: check the 8 characters after czk_`);
  terminal.result([`${id} revoked at ${revokedAt.toISOString()}`], {
    id,
    revokedAt: revokedAt.toISOString(),
  });
}
