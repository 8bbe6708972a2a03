/** `cunzheng signer add-certificate`: registers a certificate for a key, so that it need not be sent with each envelope. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { jsonOf, textMember } from '../service/service-client.js';
import { openTerminal } from '../terminal.js';
import { readCertificates } from './certificate-file.js';

export function addAddCertificateCommand(parent: Command): void {
  const command = parent
    .command('add-certificate')
    .description('register a certificate for a key of a signer')
    .argument('<signer>', 'id of the signer')
    .argument('<file>', "the chain (PEM), the signer's own certificate first");
  addServiceOptions(command).action(addCertificate);
}

async function addCertificate(
  signer: string,
  file: string,
  options: ServiceOptions,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const certificates = readCertificates(file);
  const [own] = certificates;
  if (own === undefined) throw new CliError('file', `${file} holds no certificate`);
  const registered = await jsonOf(
    openService(options, terminal)
      .api()
      .POST('/v1/signers/{id}/keys/{keyid}/certificates', {
        params: { path: { id: signer, keyid: own.keyid } },
        body: { certificates: certificates.map(({ base64 }) => base64) },
      }),
  );
  terminal.result([textMember(registered, 'sha256')], registered);
  terminal.hint(
    `Registered for the key ${own.keyid}: envelopes that it signs get the certificate by themselves.`,
  );
}
