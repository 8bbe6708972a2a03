/** Verification by anyone, offline: document, receipt and trust folder, nothing else. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createVerifier, parseTrust } from '@cunzheng/receipt';
import { formatCommand, run, verifyArgs } from '../cunzheng.js';
import { type Stage } from '../stage.js';
import { pad } from '../story.js';
import { trustDir } from './02-start-the-service.js';
import { type Receipts } from './04-notarize.js';
import { type Work } from './05-five-hundred-works.js';
import { type CourtFiles } from './06-for-the-court.js';

export async function verifyDocuments(stage: Stage, { all, contract }: Receipts): Promise<void> {
  const { story } = stage;
  story.chapter('Verify, without the service 离线验证');
  story.say(
    'A court has the contract, its receipt, and the trust folder, which it got on its own. It runs twelve checks:',
    '',
  );
  const args = verifyArgs(contract);
  const { exitCode, stdout } = await run(stage, args);
  story.quote(formatCommand(args), '', ...stdout.trimEnd().split('\n'), '');
  story.expect(exitCode === 0, 'the receipt of the contract holds (成立)');
  for (const document of all.filter((one) => one !== contract)) {
    const verified = await run(stage, verifyArgs(document));
    story.expect(
      verified.exitCode === 0,
      `the receipt of ${pad(basename(document.path), 24)} holds`,
      verified.stdout + verified.stderr,
    );
  }
  const alone = await run(stage, ['verify', '--receipt', contract.receipt, '--trust', 'trust']);
  story.expect(
    alone.exitCode === 0,
    'a receipt can be verified without its document too',
    alone.stdout + alone.stderr,
  );
}

/** The certificate instead of the receipt, and the package whole. */
export async function verifyCourtFiles(
  stage: Stage,
  { contract }: Receipts,
  court: CourtFiles,
): Promise<void> {
  const { story } = stage;
  const onPaper = await run(stage, verifyArgs({ path: contract.path, receipt: court.certificate }));
  story.expect(
    onPaper.exitCode === 0,
    'the certificate alone proves the contract: the receipt is read out of the PDF',
    onPaper.stdout + onPaper.stderr,
  );
  const packed = await run(stage, ['verify', court.package, '--trust', 'trust']);
  story.expect(
    packed.exitCode === 0,
    'the package holds, each document with its receipt',
    packed.stdout + packed.stderr,
  );
}

/** The command line's library, a thousand times faster than 500 processes. */
export async function verifyWorks(stage: Stage, works: readonly Work[]): Promise<void> {
  const trust = parseTrust(nativeCrypto, {
    policy: readFileSync(join(trustDir(stage), 'policy'), 'utf8'),
    'trust.json': readFileSync(join(trustDir(stage), 'trust.json'), 'utf8'),
  });
  const verifier = createVerifier({ crypto: nativeCrypto, trust });
  const before = performance.now();
  let holding = 0;
  for (const { path, receipt } of works) {
    const digest = Buffer.from(nativeCrypto.digest('sha-256').hash(readFileSync(path))).toString('hex');
    const { verdict, checks } = await verifier.verify(new Uint8Array(readFileSync(receipt)), {
      document: [{ algorithm: 'sha-256', digest }],
    });
    const compared = checks.some(({ name, status }) => name === 'document' && status === 'passed');
    if (verdict === 'holds' && compared) holding += 1;
  }
  const elapsedMs = Math.round(performance.now() - before);
  stage.story.expect(
    holding === works.length && holding > 0,
    `all ${holding} receipts of the platform hold for their pictures (same library, one process, ${elapsedMs} ms)`,
  );
}
