/** Organization, API key, and a signer who proves that she holds her key. */
import { join } from 'node:path';
import { formatCommand, runForJson } from '../cunzheng.js';
import { type Service } from '../service.js';
import { type Stage } from '../stage.js';

export interface Firm {
  readonly organization: string;
  readonly keyFile: string;
  /** Environment in which commands act for the firm. */
  readonly env: Readonly<Record<string, string>>;
}

const ORGANIZATION = 'lan-law-firm';

export async function registerParties(stage: Stage, service: Service): Promise<Firm> {
  const { story, workDir } = stage;
  story.chapter('Who takes part 当事人');
  story.say('The operator registers the law firm and gives it an API key:');
  const create = ['admin', 'organization', 'create', ORGANIZATION, '--name', '兰律师事务所'];
  await runForJson(stage, create, { env: service.adminEnv });
  const createKey = ['admin', 'api-key', 'create', ORGANIZATION, '--label', 'demo'];
  const { apiKey, id } = (await runForJson(stage, createKey, { env: service.adminEnv })) as {
    apiKey: string;
    id: string;
  };
  story.quote(
    formatCommand(create),
    formatCommand(createKey),
    `czk_${id}_…  (shown once; the service keeps only a hash of it)`,
  );
  const env = { CUNZHENG_URL: service.url, CUNZHENG_API_KEY: apiKey };

  story.say(
    '',
    'Lawyer Lan makes a signing key (签名密钥) that never leaves her machine, and registers its public half:',
  );
  const keyFile = join(workDir, 'lan.pem');
  const keygen = ['keygen', '--out', keyFile];
  const { keyid } = (await runForJson(stage, keygen)) as { keyid: string };
  const createSigner = [
    'signer',
    'create',
    '--name',
    '兰律师',
    '--identifier',
    'cn-lawyer-licence=11101202610000001',
  ];
  const signer = (await runForJson(stage, createSigner, { env })) as { id: string };
  const addKey = ['signer', 'add-key', signer.id, '--key', keyFile];
  const registered = (await runForJson(stage, addKey, { env })) as { keyid: string };
  story.quote(formatCommand(keygen), formatCommand(createSigner), formatCommand(addKey));
  story.expect(
    registered.keyid === keyid,
    `she signed a challenge with it; the service knows the key as ${keyid.slice(0, 16)}…`,
  );
  return { organization: ORGANIZATION, keyFile, env };
}
