/** What may be said after all this, what may not, and where everything is. */
import { type Stage } from '../stage.js';
import { type Receipts } from './04-notarize.js';

export function conclude(stage: Stage, { contract }: Receipts): void {
  const { story } = stage;
  const folder = stage.show(stage.outputDir);
  story.chapter('What this proves, and what it does not 证明什么');
  story.say(
    'It proves that these very bytes were recorded in the log and have not been changed since. It does not prove that a',
    'document is true, nor who wrote it: the service has seen fingerprints only. Who signed is shown by the signature;',
    'that the key is Lawyer Lan’s is what the operator says. And as this trust folder asks for no witness and no timestamp,',
    'the time is that of the operator’s clock: each report says so.',
    '',
    'Verify again at any time, on any machine that has this program:',
    '',
  );
  story.quote(
    `$ npm run cunzheng -- verify ${folder}/${contract.path} \\`,
    `    --receipt ${folder}/${contract.receipt} --trust ${folder}/trust`,
  );
  story.say(
    '',
    `Documents (but the recording, for its size), receipts, trust and forgeries are in ${folder}.`,
  );
  const { differences } = story;
  story.say(
    '',
    differences === 0
      ? `Everything happened as told, in ${story.seconds()} s.`
      : `${differences} things differ from what was told.`,
  );
}
