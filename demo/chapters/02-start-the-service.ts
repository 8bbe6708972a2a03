/** The service starts from nothing, and its public key is taken away for later. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openService, type Service } from '../service.js';
import { type Stage } from '../stage.js';

export const trustDir = (stage: Stage): string => join(stage.outputDir, 'trust');

export async function startService(stage: Stage): Promise<Service> {
  const { story } = stage;
  story.chapter('The service starts 启动服务');
  story.say(
    'A database, an API and an anchor worker start on empty data. The worker makes the log a signing key of its own.',
  );
  const before = performance.now();
  const service = await openService(stage);
  const seconds = ((performance.now() - before) / 1_000).toFixed(1);
  const response = await fetch(`${service.url}/health/ready`);
  const health = (await response.json()) as { log?: string };
  story.expect(
    response.ok,
    `the service answers at ${service.url} after ${seconds} s; its log (日志) is ${health.log ?? '?'}`,
  );
  cpSync(join(service.dataDir, 'trust'), trustDir(stage), { recursive: true });
  story.say(
    '',
    'The firm takes a copy of the trust folder (信任). It holds the public key of the log and is all that it will ever',
    'need from the service to verify receipts:',
  );
  story.quote(
    ...readFileSync(join(trustDir(stage), 'policy'), 'utf8')
      .trim()
      .split('\n'),
  );
  return service;
}
