/**
 * `cunzheng admin reencrypt`: seals what is stored with the newest value key, and what was stored in clear before there were
 * keys. Runs beside the service, in small transactions; it may be stopped and repeated.
 */
import { type Command } from 'commander';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';

export function addReencryptCommand(admin: Command): void {
  admin
    .command('reencrypt')
    .description('seal what is stored with the newest value key; safe to stop and to repeat')
    .action(runReencrypt);
}

async function runReencrypt(_options: unknown, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { loadValueKeys, reencrypt, registerValueKeys, ValueCipher, withOwnerValues } =
    await import('./owner-values.js');
  const { randomBytes } = await import('node:crypto');
  const done = await withOwnerValues(async (client, directory) => {
    const keys = loadValueKeys(directory);
    await registerValueKeys(client, keys);
    await noteOperation(client, 'admin reencrypt', undefined);
    return await reencrypt(client, new ValueCipher(keys, randomBytes), ({ evidence, signers }) => {
      terminal.hint(`${evidence} records, ${signers} signers`);
    });
  });
  terminal.result(
    [`sealed anew with key ${done.key}: ${done.evidence} records, ${done.signers} signers`],
    done,
  );
  terminal.hint(
    'Old copies stay in dead rows, the write-ahead log and backups until those are gone: see docs/operations.md.',
  );
}
