/**
 * `cunzheng signer add-key`: proves to the service that we hold a key, and registers it. The service sends a challenge
 * to be signed; it is signed only if it is a key challenge for this very signer and key, since a service could send
 * anything else in its place, a statement for instance.
 */
import { type Schema } from '@cunzheng/client';
import { type Command } from 'commander';
import { loadSigningKey, type SigningKey } from '../keys/signing-key.js';
import { requireId } from '../require-id.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { jsonOf, textMember } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { openTerminal } from '../terminal.js';

interface AddKeyOptions extends ServiceOptions {
  readonly key: string;
  readonly validFrom?: string;
  readonly validUntil?: string;
}

export function addAddKeyCommand(parent: Command): void {
  const command = parent
    .command('add-key')
    .description('register a key of a signer, by signing a challenge with it')
    .argument('<signer>', 'id of the signer, from signer create')
    .requiredOption('--key <file>', 'the private key (PEM); it is not sent anywhere')
    .option('--valid-from <time>', 'it may sign from then on, such as 2026-11-20T08:00:00.000Z')
    .option('--valid-until <time>', 'it may sign before that time');
  addServiceOptions(command).action(addKey);
}

async function addKey(signer: string, options: AddKeyOptions, command: Command): Promise<void> {
  requireId(signer, 'signer', 'signer create');
  const terminal = openTerminal(command);
  const key = loadSigningKey(options.key, terminal);
  const service = openService(options, terminal).api();
  const path = '/v1/signers/{id}/keys';
  const params = { path: { id: signer } };
  const publicKey = { alg: key.alg, publicKey: Buffer.from(key.spki).toString('base64') };
  const asked = (await jsonOf(service.POST(path, { params, body: publicKey }))) as Schema<'KeyChallenge'>;
  const message = Buffer.from(textMember(asked, 'message'), 'base64');
  assertKeyChallenge(message, signer, key);
  const { validFrom, validUntil } = options;
  const body = {
    ...publicKey,
    challenge: textMember(asked, 'challenge'),
    signature: Buffer.from(key.sign(message)).toString('base64'),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
  const registered = await jsonOf(service.POST(path, { params, body }));
  terminal.result([key.keyid], registered);
  terminal.hint(
    `The key is registered. Sign with it: cunzheng notarize FILE --key ${options.key} --organization YOUR_ORGANIZATION`,
  );
}

function assertKeyChallenge(message: Buffer, signer: string, { keyid }: SigningKey): void {
  const [format, organization, forSigner, forKey, nonce, end, ...more] = message
    .toString('latin1')
    .split('\n');
  const isChallenge =
    format === 'cunzheng/key-challenge@v1' &&
    /^organization [a-z0-9-]+$/.test(organization ?? '') &&
    forSigner?.toLowerCase() === `signer ${signer.toLowerCase()}` &&
    forKey === `keyid ${keyid}` &&
    /^nonce [0-9a-f]{32}$/.test(nonce ?? '') &&
    end === '' &&
    more.length === 0;
  if (!isChallenge) throw unexpectedAnswer('a challenge for this signer and this key, so nothing was signed');
}
