/** Checks an export of an audit log: docs/formats/audit-log.md. Needs neither the service nor its database. */
import { createHash } from 'node:crypto';
import { CanonicalJsonError, parseCanonical, type CanonicalValue } from '@cunzheng/canonical-json';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, ENTRY_SIZE, EntryType, parseBlockHeader } from '@cunzheng/ledger';
import { LogFault } from '../audit/log-fault.js';
import { type LogSource } from '../audit/log-source.js';

const HEAD_FORMAT = 'cunzheng/audit-head@v1';
const NO_PREVIOUS = '0'.repeat(64);

type Members = Record<string, CanonicalValue>;

export interface AuditLogOutcome {
  readonly entries: number;
  readonly heads: number;
  /** Sequence up to which the ledger binds the chain; 0 when no head was found in a ledger. */
  readonly boundTo: number;
  readonly findings: readonly string[];
}

/** Verifies the lines of an export, which may begin anywhere; heads are looked up in `ledger` if there is one. */
export async function verifyAuditLog(
  lines: readonly Uint8Array[],
  ledger: LogSource | undefined,
): Promise<AuditLogOutcome> {
  const findings: string[] = [];
  const parsed = lines.map((line, index) => {
    const members = parseLine(line);
    if (!members) findings.push(`line ${index + 1} is no canonical JSON object`);
    return { line, members: members ?? {} };
  });
  const hashes = checkChain(
    parsed.filter(({ members }) => 'entry' in members),
    findings,
  );
  let boundTo = 0;
  const heads = parsed.filter(({ members }) => 'body' in members);
  for (const { members } of heads) {
    const bound = await checkHead(members, hashes, ledger);
    if (typeof bound === 'string') findings.push(bound);
    else if (ledger) boundTo = Math.max(boundTo, bound);
  }
  return { entries: hashes.size, heads: heads.length, boundTo, findings };
}

/** The hash of each line by its sequence. */
function checkChain(
  entries: readonly { line: Uint8Array; members: Members }[],
  findings: string[],
): ReadonlyMap<number, string> {
  const hashes = new Map<number, string>();
  let before: { sequence: number; hash: string } | undefined;
  for (const { line, members } of entries) {
    const sequence = Number(members['sequence']);
    if (before && sequence !== before.sequence + 1)
      findings.push(`entry ${sequence} comes after entry ${before.sequence}`);
    const expected = before?.hash ?? (sequence === 1 ? NO_PREVIOUS : members['previous']);
    if (members['previous'] !== expected)
      findings.push(`entry ${sequence} does not follow the line before it`);
    before = { sequence, hash: createHash('sha256').update(line).digest('hex') };
    hashes.set(sequence, before.hash);
  }
  return hashes;
}

/** The sequence that the head binds, or what is wrong with it. */
async function checkHead(
  { body, height, leafIndex }: Members,
  hashes: ReadonlyMap<number, string>,
  ledger: LogSource | undefined,
): Promise<number | string> {
  const bytes = Buffer.from(typeof body === 'string' ? body : '', 'utf8');
  const members = parseLine(bytes);
  const sequence = Number(members?.['sequence']);
  if (members?.['format'] !== HEAD_FORMAT) return 'a head has a body of an unknown format';
  if (members['head'] !== hashes.get(sequence))
    return `the head of entry ${sequence} is not that of its line`;
  if (!ledger) return sequence;
  const found = await readEntry(ledger, Number(height), Number(leafIndex));
  const expected = computeEntry(nativeCrypto, EntryType.auditHead, bytes);
  return found && Buffer.compare(found, expected) === 0
    ? sequence
    : `the ledger does not have the head of entry ${sequence}`;
}

async function readEntry(
  ledger: LogSource,
  height: number,
  leafIndex: number,
): Promise<Uint8Array | undefined> {
  try {
    const { block } = await ledger.readBlock(height);
    const { firstIndex, count } = parseBlockHeader(block.header);
    const ordinal = leafIndex - firstIndex;
    if (!(ordinal >= 0 && ordinal < count)) return undefined;
    return block.entries.subarray(ordinal * ENTRY_SIZE, (ordinal + 1) * ENTRY_SIZE);
  } catch (error) {
    if (error instanceof LogFault) return undefined;
    throw error;
  }
}

function parseLine(line: Uint8Array): Members | undefined {
  try {
    const value = parseCanonical(line);
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof CanonicalJsonError) return undefined;
    throw error;
  }
}
