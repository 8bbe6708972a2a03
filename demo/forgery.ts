/** A forgery, and who must refuse it: the verdict, the exit code, and the first check that fails. */
import { type CheckName, type VerificationReport, type Verdict } from '@cunzheng/receipt';
import { run, verifyArgs } from './cunzheng.js';
import { type Stage } from './stage.js';

export interface Forgery {
  readonly what: string;
  /** Paths from the output folder. */
  readonly document: string;
  readonly receipt: string;
  readonly trust?: string;
  readonly check: CheckName;
  readonly verdict: Verdict;
  readonly exitCode: number;
}

export async function assertRefused(
  stage: Stage,
  { what, document, receipt, trust, check, verdict, exitCode }: Forgery,
): Promise<void> {
  const { story } = stage;
  const args = verifyArgs({ path: document, receipt }, trust);
  const verified = await run(stage, [...args, '--json']);
  const report = parseReport(verified.stdout);
  const failed = report?.checks.find(({ status }) => status === 'failed');
  story.say(`Changed: ${what}`);
  story.expect(
    verified.exitCode === exitCode && report?.verdict === verdict && failed?.name === check,
    `refused by the check "${check}": ${failed?.reason?.message ?? '?'}; verdict ${verdict}, exit code ${exitCode}`,
    `got exit code ${verified.exitCode}, verdict ${report?.verdict ?? 'none'}, check ${failed?.name ?? 'none'} ${verified.stderr}`,
  );
}

function parseReport(stdout: string): VerificationReport | undefined {
  try {
    return JSON.parse(stdout) as VerificationReport;
  } catch {
    return undefined;
  }
}
