/** `cunzheng signer revoke-key`: says to the service, and through its log to everybody, that a key must not be relied on. */
import { REVOCATION_REASONS, type RevocationReason } from '@cunzheng/ledger';
import { Option, type Command } from 'commander';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { jsonOf, textMember } from '../service/service-client.js';
import { openTerminal } from '../terminal.js';

interface RevokeKeyOptions extends ServiceOptions {
  readonly effectiveAt?: string;
  readonly certificate?: string;
  readonly reason?: RevocationReason;
}

export function addRevokeKeyCommand(parent: Command): void {
  const command = parent
    .command('revoke-key')
    .description('revoke a key of a signer, or one certificate for it; the public log says so')
    .argument('<signer>', 'id of the signer')
    .argument('<keyid>', 'the key, as keygen printed it')
    .option('--effective-at <time>', 'since when, such as 2026-11-20T08:00:00.000Z (default: now)')
    .option('--certificate <sha256>', 'revoke this certificate alone, by the SHA-256 of its DER')
    .addOption(new Option('--reason <reason>', 'why').choices([...REVOCATION_REASONS]));
  addServiceOptions(command).action(revokeKey);
}

async function revokeKey(
  signer: string,
  keyid: string,
  options: RevokeKeyOptions,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const { effectiveAt, certificate, reason } = options;
  const body = {
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(reason === undefined ? {} : { reason }),
  };
  const event = await jsonOf(
    openService(options, terminal)
      .api()
      .POST('/v1/signers/{id}/keys/{keyid}/revocations', { params: { path: { id: signer, keyid } }, body }),
  );
  terminal.result([`revoked as of ${textMember(event, 'effectiveAt')}`], event);
  terminal.hint(
    'What was anchored before stays valid. Verifiers learn of it from a copy of the log: verify --ledger.',
  );
}
