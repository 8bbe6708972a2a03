/** `cunzheng signer create`: registers who signs, as your organization states it. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { jsonOf, textMember } from '../service/service-client.js';
import { openTerminal } from '../terminal.js';

interface Identifier {
  readonly scheme: string;
  readonly value: string;
}

interface CreateSignerOptions extends ServiceOptions {
  readonly name: string;
  readonly type?: 'person' | 'organization';
  readonly identifier?: readonly Identifier[];
}

export function addCreateSignerCommand(parent: Command): void {
  const command = parent
    .command('create')
    .description('register a signer')
    .requiredOption('--name <name>', 'name of the person or organization')
    .addOption(new Option('--type <type>', 'which of the two').choices(['person', 'organization']))
    .option(
      '--identifier <scheme=value>',
      'an official number, such as cn-uscc=9111…; repeatable',
      collectIdentifier,
    );
  addServiceOptions(command).action(createSigner);
}

function collectIdentifier(text: string, previous: readonly Identifier[] = []): readonly Identifier[] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) throw new InvalidArgumentError('want scheme=value');
  return [...previous, { scheme: text.slice(0, equals), value: text.slice(equals + 1) }];
}

async function createSigner(options: CreateSignerOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { name, type, identifier: identifiers } = options;
  const body = {
    name,
    ...(type === undefined ? {} : { type }),
    ...(identifiers === undefined ? {} : { identifiers }),
  };
  const signer = await jsonOf(openService(options, terminal).api().POST('/v1/signers', { body }));
  const id = textMember(signer, 'id');
  terminal.result([id], signer);
  terminal.hint(`${name} is registered. Next, add the key: cunzheng signer add-key ${id} --key FILE`);
}
