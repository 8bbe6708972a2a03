/**
 * `npm run demo`: the main job told as a story, on fresh temporary data, with the programs that users run. It ends with a
 * non-zero exit code if anything differs from what it announces, and leaves receipts and trust in `demo-output/<time>/`.
 */
import { gatherDocuments } from './chapters/01-documents.js';
import { startService } from './chapters/02-start-the-service.js';
import { registerParties } from './chapters/03-who-takes-part.js';
import { notarizeDocuments } from './chapters/04-notarize.js';
import { notarizeWorks } from './chapters/05-five-hundred-works.js';
import { prepareForCourt } from './chapters/06-for-the-court.js';
import { switchServiceOff } from './chapters/07-switch-the-service-off.js';
import { verifyCourtFiles, verifyDocuments, verifyWorks } from './chapters/08-verify.js';
import { showForgeries } from './chapters/09-forgeries.js';
import { showOtherLogs } from './chapters/10-another-log.js';
import { conclude } from './chapters/11-what-this-proves.js';
import { openStage, type Stage } from './stage.js';

async function tell(stage: Stage): Promise<void> {
  const documents = await gatherDocuments(stage);
  const service = await startService(stage);
  const firm = await registerParties(stage, service);
  const receipts = await notarizeDocuments(stage, service, firm, documents);
  const works = await notarizeWorks(stage, service, firm);
  const court = await prepareForCourt(stage, firm, receipts);
  await switchServiceOff(stage, service);
  await verifyDocuments(stage, receipts);
  await verifyCourtFiles(stage, receipts, court);
  await verifyWorks(stage, works);
  await showForgeries(stage, receipts);
  await showOtherLogs(stage, receipts.contract);
  conclude(stage, receipts);
}

async function main(): Promise<number> {
  const stage = openStage();
  try {
    const outcome = await Promise.race([tell(stage), stage.interrupted]);
    if (typeof outcome === 'string') {
      console.error(`\n${outcome}: stopping everything`);
      return 130;
    }
    return stage.story.differences === 0 ? 0 : 1;
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env['CUNZHENG_DEBUG']) console.error(error);
    return 1;
  } finally {
    await stage.close();
  }
}

// What is left of an interrupted story is not waited for.
main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
