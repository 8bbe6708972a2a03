/** From the texts of a trust source to what libs/receipt verifies with. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  ReceiptError,
  type Trust,
  type TrustFiles,
} from '@cunzheng/receipt';
import { type LogDescription, policyTextOf, type TrustSource } from './trust-source.js';

const FILE_NAMES = ['policy', 'trust.json', 'tsa-roots.pem', 'signer-roots.pem'] as const;
const MAX_FILE_BYTES = 10_000_000;

/** What a receipt of a log is verified with. Built-in trust is each log's own: one log's keys say nothing of another. */
export function trustFor(source: TrustSource, origin: string | undefined): Trust | undefined {
  if (source.kind === 'own') return parseTrust(portableCrypto, source.files);
  if (source.kind !== 'built-in') return undefined;
  const log = source.logs.find((candidate) => candidate.origin === origin) ?? source.logs[0];
  try {
    return log && trustOfLog(log);
  } catch (error) {
    // A description that contradicts itself is nothing to believe in.
    if (error instanceof ReceiptError) return undefined;
    throw error;
  }
}

/** The trust folder that says what the log says of itself. */
function trustOfLog(log: LogDescription): Trust {
  const policy = parsePolicy(portableCrypto, policyTextOf(log));
  const files = formatTrustFolder({
    policy,
    minTimestamps: log.minTimestamps ?? 0,
    keyWindows: log.verifierKeys,
    ...(log.tsaRoots === undefined || log.tsaRoots.trim() === '' ? {} : { tsaRootsPem: log.tsaRoots }),
  });
  return parseTrust(portableCrypto, files);
}

/** Undefined unless `policy` and `trust.json` are there. Throws where they cannot be used. */
export async function readOwnTrust(files: readonly File[]): Promise<TrustSource | undefined> {
  const texts: Partial<Record<(typeof FILE_NAMES)[number], string>> = {};
  for (const name of FILE_NAMES) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) continue;
    if (file.size > MAX_FILE_BYTES) throw new Error(`${name}: ${file.size} bytes`);
    const text = await file.text();
    // An empty file of roots stands for none, as a new trust folder has them.
    if (text.trim() !== '') texts[name] = text;
  }
  const { policy, 'trust.json': trustJson, ...roots } = texts;
  if (policy === undefined || trustJson === undefined) return undefined;
  const trustFiles: TrustFiles = { policy, 'trust.json': trustJson, ...roots };
  const { minTimestamps } = parseTrust(portableCrypto, trustFiles);
  return { kind: 'own', name: folderName(files), files: trustFiles, minTimestamps };
}

function folderName(files: readonly File[]): string {
  const path = files.find(({ webkitRelativePath }) => webkitRelativePath !== '')?.webkitRelativePath;
  return path?.split('/')[0] ?? 'policy, trust.json';
}
