/**
 * The trust folder for our logs, written on first start for users to copy, and again after a change of keys or of the log. It is theirs
 * to edit: one that is not just as an earlier start wrote it is never overwritten. It names whom the operator asks,
 * witnesses and timestamping authorities alike; whether to believe them is for the user to say. Roots of signers are left
 * out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '@cunzheng/ledger/node';
import { type LogKeyWindow } from '@cunzheng/persistence';
import { formatTrustFolder, type Policy, type TrustFiles } from '@cunzheng/receipt';
import { formatPem } from '@cunzheng/x509';

export interface TrustOfLogs {
  /** With all keys of the logs. */
  readonly policy: Policy;
  /** The keys of each log in order, the logs in order. */
  readonly logs: readonly (readonly LogKeyWindow[])[];
  readonly minTimestamps: number;
  /** DER. */
  readonly tsaRoots: readonly Uint8Array[];
}

/** Whether the folder is as it should be; `edited`: it is somebody's own, and may not know the keys of now. */
export type TrustFolderState = 'written' | 'edited';

export async function writeTrustFolder(trustDir: string, trust: TrustOfLogs): Promise<TrustFolderState> {
  const files = formatFiles(trust);
  const isThere = existsSync(join(trustDir, 'policy'));
  if (isThere && isAmong(trustDir, [files])) return 'written';
  const earlier = earlierStates(trust.logs).map((logs) => formatFiles({ ...trust, logs }));
  // A start that was cut short may have left some files as before and others as they are to be.
  if (isThere && !isAmong(trustDir, [files, ...earlier])) return 'edited';
  const { policy, ...others } = files;
  // A new policy comes last: where it is, a start that was cut short has left nothing out. One that is there already
  // comes first, because the windows beside it name its keys.
  const policyFile = ['policy', policy] as const;
  const rest = Object.entries(others);
  for (const [name, text] of isThere ? [policyFile, ...rest] : [...rest, policyFile])
    await writeFileDurably(join(trustDir, name), Buffer.from(text));
  return 'written';
}

/** What the folder may have said before: with fewer logs, and of the last two with fewer keys or windows still open. */
function earlierStates(logs: TrustOfLogs['logs']): TrustOfLogs['logs'][] {
  return logs.flatMap((last, n) =>
    statesOf(last).flatMap((state) =>
      (n === 0 ? [[]] : statesOf(logs[n - 1] ?? [])).map((before) =>
        n === 0 ? [state] : [...logs.slice(0, n - 1), before, state],
      ),
    ),
  );
}

/** The keys of a log after each change, before it was closed, and as they are. */
function statesOf(windows: readonly LogKeyWindow[]): (readonly LogKeyWindow[])[] {
  const changes = windows.slice(1).map((_, n) => asBefore(windows, n + 1));
  const lastSize = Math.max(...windows.map(({ toSize = Infinity }) => toSize));
  const open = windows.map(({ toSize, ...window }) =>
    toSize === undefined || toSize === lastSize ? window : { ...window, toSize },
  );
  return [...changes, open, windows];
}

/** The first `n` keys, the windows of those that still signed then open. */
function asBefore(windows: readonly LogKeyWindow[], n: number): LogKeyWindow[] {
  const next = windows[n]?.fromSize ?? Infinity;
  return windows
    .slice(0, n)
    .filter(({ fromSize }) => fromSize < next)
    .map(({ vkey, fromSize, toSize }) => ({
      vkey,
      fromSize,
      ...(toSize !== undefined && toSize < next - 1 && { toSize }),
    }));
}

function formatFiles({ policy, logs, minTimestamps, tsaRoots }: TrustOfLogs): TrustFiles {
  const windows = logs.flat();
  const isKnown = (vkey: string): boolean => windows.some((window) => window.vkey === vkey);
  const tsaRootsPem = tsaRoots.map((der) => formatPem(der, 'CERTIFICATE')).join('');
  return formatTrustFolder({
    policy: { ...policy, logs: policy.logs.filter(({ key }) => isKnown(key.vkey)) },
    // The one key of a log that never changed it may sign any size.
    keyWindows: windows.every(({ fromSize, toSize }) => fromSize === 1 && toSize === undefined)
      ? []
      : windows,
    minTimestamps,
    ...(tsaRootsPem === '' ? {} : { tsaRootsPem }),
  });
}

/** Whether every file of the folder is as one of these versions has it. */
function isAmong(trustDir: string, versions: readonly TrustFiles[]): boolean {
  const names = ['policy', 'trust.json', 'tsa-roots.pem', 'signer-roots.pem'] as const;
  return names.every((name) => {
    const path = join(trustDir, name);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    return versions.some((version) => version[name] === text);
  });
}
