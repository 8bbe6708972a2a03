/**
 * `cunzheng follow`: watch a public log as an outsider, with trust of one's own. Everything it says can be shown to
 * others: it keeps what the log has signed.
 */
import { dirname, resolve } from 'node:path';
import { LedgerError } from '@cunzheng/ledger';
import { DirectoryLock, makeDirectory } from '@cunzheng/ledger/node';
import { ReceiptError } from '@cunzheng/receipt';
import { InvalidArgumentError, type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { openTerminal, type Terminal } from '../terminal.js';
import { loadTrust, type TrustOptions } from '../verify/trust-folder.js';
import { chooseOrigin } from './choose-log.js';
import { EvidenceFile } from './evidence-file.js';
import { type Finding, FINDING_EXIT, reportFinding, saveFinding } from './finding.js';
import { loadState, saveState } from './follow-state.js';
import { Follower } from './follower.js';
import { parseHttpUrl } from './http-url.js';
import { LogClient } from './log-client.js';
import { LogError } from './log-error.js';
import { type ProvenEvent, readEvent } from './log-events.js';
import { Mirror } from './mirror.js';
import { postAlert } from './post-alert.js';
import { watch, type Watched } from './watch.js';

interface FollowOptions extends TrustOptions {
  readonly state: string;
  readonly mirror?: string;
  readonly interval: number;
  readonly once?: true;
  readonly alert?: string;
  readonly staleAfter: number;
  readonly expectGrowth?: number;
  readonly timeout: number;
}

interface FollowedLog {
  readonly origin: string;
  readonly url: string;
}

/** What is open while a log is followed. */
interface Session extends Watched {
  readonly evidence: EvidenceFile;
}

const AFTER_HELP = `
URL is the prefix of the log, such as https://notary.example/logs/main. Beside FILE, which remembers the newest
checkpoint, lie FILE.checkpoints with every signed checkpoint that was seen, and a file for each finding with the signed
checkpoints that it is about.

Trust is yours, never the log's: see cunzheng verify --help. The newest checkpoint is not held to the quorum of your
policy, as witnesses cosign it a little later.

Exit codes:
  0   one look (--once) that holds, or stopped by SIGINT or SIGTERM
  10  fork: two trees that are signed and contradict each other, or one beyond the end of a log that was closed
  11  rollback: a tree smaller than one that was seen
  12  bad signature: a checkpoint of this log that your trust refuses
  13  stale: no checkpoint that holds for --stale-after seconds, or no growth for --expect-growth seconds of a log
      that is not closed
  2   usage; 3 not completed: --once found nobody, or something that it could not prove`;

export function addFollowCommand(program: Command): void {
  program
    .command('follow')
    .description('watch a public log: prove that it only grows, keep what it signed, and a copy if wanted')
    .argument('<url>', 'prefix of the log', parseHttpUrl)
    .requiredOption('--state <file>', 'what was seen, made on the first run')
    .option('--mirror <dir>', 'keep a full copy there, block by block')
    .option('--trust <dir>', 'the trust folder')
    .option('--policy <file>', 'accepted logs, witnesses and quorum (C2SP tlog-policy)')
    .option('--interval <seconds>', 'between two looks', parseSeconds, 60)
    .option('--once', 'look once, as from cron')
    .option('--alert <url>', 'POST a finding there, as JSON', parseHttpUrl)
    .option('--stale-after <seconds>', 'how long the log may give nothing that holds', parseSeconds, 3600)
    .option(
      '--expect-growth <seconds>',
      'how long its tree may stay the same (default: for ever)',
      parseSeconds,
    )
    .option('--timeout <seconds>', 'for one answer', parseSeconds, 30)
    .addHelpText('after', AFTER_HELP)
    .action(follow);
}

async function follow(url: string, options: FollowOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { trust } = loadTrust(options);
  const log = { origin: chooseOrigin(trust, url), url };
  const stop = stopOnSignals();
  const lock = await acquireLock(options.state, stop);
  try {
    const session = await openSession(log, trust, options, stop.signal);
    try {
      const finding = await watchSession(session, log, options, terminal, stop.signal);
      if (finding !== undefined) process.exitCode = await announce(finding, log, options, terminal);
    } finally {
      await session.evidence.close();
      await session.mirror?.close();
    }
  } catch (error) {
    if (!isStopped(stop.signal)) throw toCliError(error, url);
  } finally {
    await lock.release();
  }
}

async function openSession(
  { origin, url }: FollowedLog,
  trust: ReturnType<typeof loadTrust>['trust'],
  options: FollowOptions,
  stop: AbortSignal,
): Promise<Session> {
  const statePath = options.state;
  const nowMs = (): number => Date.now();
  const client = new LogClient({ url, timeoutMs: options.timeout * 1000, stop });
  const known = await loadState(statePath, origin);
  const state = known ?? { origin, sinceMs: nowMs() };
  const evidence = await EvidenceFile.open(`${statePath}.checkpoints`);
  const follower = new Follower({ client, trust, statePath, evidence, nowMs, stop }, state);
  // Also if nobody answers: what never answers is stale one day.
  if (known === undefined) await saveState(statePath, state);
  const mirror =
    options.mirror === undefined ? undefined : await Mirror.open(resolve(options.mirror), origin);
  return { client, follower, mirror, evidence };
}

async function watchSession(
  session: Session,
  log: FollowedLog,
  options: FollowOptions,
  terminal: Terminal,
  stop: AbortSignal,
): Promise<Finding | undefined> {
  const { follower, mirror } = session;
  if (follower.checkpoint === undefined && mirror?.note !== undefined) {
    // The state file is gone, the copy is not: begin with what it holds.
    const look = await follower.consider(mirror.note);
    if (look.outcome === 'finding') return look.finding;
  }
  const once = options.once === true;
  let news: readonly ProvenEvent[] = [];
  const finding = await watch(session, {
    once,
    intervalMs: options.interval * 1000,
    staleAfterMs: options.staleAfter * 1000,
    expectGrowthMs: options.expectGrowth === undefined ? undefined : options.expectGrowth * 1000,
    stop,
    nowMs: () => Date.now(),
    onLook: ({ checkpoint: { treeSize }, before, events }) => {
      if (!once && treeSize > before) terminal.hint(`${log.origin} grew from ${before} to ${treeSize}`);
      if (once) news = events;
      else for (const event of events) terminal.hint(`${log.origin} says: ${describeEvent(event)}`);
    },
    onTrouble: ({ message }) => {
      terminal.hint(`will try again: ${message}`);
    },
  });
  if (finding === undefined) describeLog(session, log, news, terminal);
  return finding;
}

function describeLog(
  { follower, mirror }: Session,
  { origin, url }: FollowedLog,
  news: readonly ProvenEvent[],
  terminal: Terminal,
): void {
  const { checkpoint } = follower;
  if (checkpoint === undefined) return;
  const { treeSize, witnesses, quorum } = checkpoint;
  const rootHash = Buffer.from(checkpoint.rootHash).toString('base64');
  const blocks = mirror?.blocks;
  const close = follower.close && readEvent(follower.close);
  const closed =
    close?.event !== 'close' ? undefined : { lastSize: close.lastSize, next: close.next ?? null };
  terminal.result(
    [
      `log        ${origin} at ${url}`,
      `size       ${treeSize}`,
      `root hash  ${rootHash}`,
      `witnesses  ${witnesses.join(', ') || 'none'} (${quorum ? 'enough' : 'not yet enough'} for the policy)`,
      ...(blocks === undefined ? [] : [`mirror     ${blocks} blocks`]),
      ...(closed === undefined
        ? []
        : [`closed     for good${closed.next === null ? '' : `; ${closed.next} follows`}`]),
      ...news.map((event) => `it says    ${describeEvent(event)}`),
      'The log signed this tree, and it begins with every tree that was seen before.',
    ],
    {
      outcome: 'holds',
      origin,
      url,
      treeSize,
      rootHash,
      witnesses,
      quorum,
      ...(blocks === undefined ? {} : { blocks }),
      ...(closed === undefined ? {} : { closed }),
      events: news.map(({ leafIndex, body }) => ({ leafIndex, body })),
    },
  );
}

function describeEvent(proven: ProvenEvent): string {
  const event = readEvent(proven);
  const place = `(entry ${proven.leafIndex})`;
  if (event?.event === 'key-change')
    return `other keys sign beyond tree size ${event.lastSize} ${place}: ask its operator for the new trust folder`;
  if (event?.event === 'close')
    return `closed for good ${place}${event.next === undefined ? '' : `, ${event.next} follows`}`;
  return `${event?.event ?? 'something that this version does not know'} ${place}`;
}

/** Saves, alerts, prints; gives the exit code, whatever else fails. */
async function announce(
  finding: Finding,
  log: FollowedLog,
  { state, alert }: FollowOptions,
  terminal: Terminal,
): Promise<number> {
  const report = reportFinding(finding, log, Date.now());
  const file = await saveFinding(state, report).catch((error: unknown) => {
    terminal.hint(`Warning: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  const alertError = alert === undefined ? undefined : await postAlert(alert, report);
  if (alertError !== undefined) terminal.hint(`Warning: the alert was not taken: ${alertError}`);
  const { kind, message } = finding;
  terminal.result(
    [
      `${kind.toUpperCase()}: ${message}`,
      `log   ${log.origin} at ${log.url}`,
      `file  ${file ?? 'could not be written'}`,
    ],
    { outcome: kind, message, ...log, ...(file === undefined ? {} : { file }) },
  );
  return FINDING_EXIT[kind];
}

async function acquireLock(statePath: string, stop: AbortController): Promise<DirectoryLock> {
  const onLost = (error: LedgerError): void => {
    stop.abort(error);
  };
  try {
    await makeDirectory(resolve(dirname(statePath)));
    return await DirectoryLock.acquire(`${statePath}.lock`, { onLost });
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'ledger-locked') throw toCliError(error, statePath);
    throw new CliError('file', `${statePath} is in use: another cunzheng follow works on it`, {
      cause: error,
    });
  }
}

function stopOnSignals(): AbortController {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return controller;
}

/** By a signal, and not because the lock was lost. */
function isStopped({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof LedgerError);
}

function toCliError(error: unknown, url: string): unknown {
  if (error instanceof LogError) {
    const code = error.code === 'unreachable' ? 'service-unavailable' : 'service-answer';
    return new CliError(code, `${url}/${error.message}`, { cause: error });
  }
  if (error instanceof LedgerError) return new CliError('interrupted', error.message, { cause: error });
  if (error instanceof ReceiptError) {
    const message = `your trust refuses the checkpoint in the state file: ${error.message} (${error.code})`;
    return new CliError('trust-invalid', message, { cause: error });
  }
  const { syscall, path = 'a file of the follower' } = error as NodeJS.ErrnoException;
  return syscall === undefined
    ? error
    : new CliError('file', describeFileError(path, error), { cause: error });
}

function parseSeconds(text: string): number {
  const seconds = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(seconds)) return seconds;
  throw new InvalidArgumentError('want whole seconds, 1 or more');
}
