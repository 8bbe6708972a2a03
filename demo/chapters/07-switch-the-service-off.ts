/** The service stops and its data is destroyed, so that nothing after this can lean on it. */
import { existsSync, rmSync } from 'node:fs';
import { type Service } from '../service.js';
import { type Stage } from '../stage.js';

export async function switchServiceOff(stage: Stage, service: Service): Promise<void> {
  const { story } = stage;
  story.chapter('The service is switched off 服务关闭');
  await service.stop();
  rmSync(service.dataDir, { recursive: true });
  const answers = await fetch(`${service.url}/health/live`).then(
    () => true,
    () => false,
  );
  story.expect(!answers, 'nobody answers at its address any more');
  story.expect(!existsSync(service.dataDir), 'database, ledger and keys are deleted');
  story.say(
    '',
    `What is left is in ${stage.show(stage.outputDir)}: documents, receipts, and the copy of the trust folder.`,
  );
}
