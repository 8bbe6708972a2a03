/** `cunzheng signer`: who signs statements. One file per subcommand. */
import { type Command } from 'commander';
import { addAddCertificateCommand } from './add-certificate.js';
import { addAddKeyCommand } from './add-key.js';
import { addCreateSignerCommand } from './create-signer.js';
import { addRevokeKeyCommand } from './revoke-key.js';

export function addSignerCommands(program: Command): void {
  const signer = program.command('signer').description('register signers and their keys with the service');
  addCreateSignerCommand(signer);
  addAddKeyCommand(signer);
  addAddCertificateCommand(signer);
  addRevokeKeyCommand(signer);
}
