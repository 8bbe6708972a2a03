/** Checks an export of an audit log: docs/formats/audit-log.md. Needs neither the service nor its database. */
import { createHash } from 'node:crypto';
import { CanonicalJsonError, parseCanonical, type CanonicalValue } from '@cunzheng/canonical-json';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType } from '@cunzheng/ledger';
import { type SignedTree } from './signed-tree.js';

const HEAD_FORMAT = 'cunzheng/audit-head@v1';
const NO_PREVIOUS = '0'.repeat(64);

type Members = Record<string, CanonicalValue>;

export interface AuditLogOutcome {
  readonly entries: number;
  /** Sequences of the first entry and of the last, if there are entries. */
  readonly range: readonly [first: number, last: number] | undefined;
  /** The organization that the heads name, empty for the operator; undefined without heads. */
  readonly organization: string | undefined;
  readonly heads: number;
  /** Sequence up to which the ledger binds the chain; 0 when no head was found in a ledger. */
  readonly boundTo: number;
  readonly findings: readonly string[];
}

export interface AuditLogExpectation {
  /** Heads are looked up in it. */
  readonly ledger: SignedTree | undefined;
  /** The sequence that the export begins with: what was before it is not looked at. Default 1. */
  readonly from?: number;
  /** Whose chain it is to be; without, the heads need only name the same. */
  readonly organization?: string;
}

/** Verifies the lines of an export. */
export async function verifyAuditLog(
  lines: readonly Uint8Array[],
  { ledger, from = 1, organization }: AuditLogExpectation,
): Promise<AuditLogOutcome> {
  const findings: string[] = [];
  const parsed = lines.map((line, index) => {
    const members = parseLine(line);
    if (!members) findings.push(`line ${index + 1} is no canonical JSON object`);
    return { line, members: members ?? {} };
  });
  const hashes = checkChain(
    parsed.filter(({ members }) => 'entry' in members),
    from,
    findings,
  );
  const heads = parsed.filter(({ members }) => 'body' in members).map(({ members }) => readHead(members));
  const chainOf = organization ?? heads[0]?.organization;
  let boundTo = 0;
  for (const head of heads) {
    const fault = await findHeadFault(head, hashes, chainOf, ledger);
    if (fault !== undefined) findings.push(fault);
    else if (ledger) boundTo = Math.max(boundTo, head.sequence);
  }
  const [first] = hashes.keys();
  const range = first === undefined ? undefined : ([first, [...hashes.keys()].at(-1) ?? first] as const);
  return { entries: hashes.size, range, organization: chainOf, heads: heads.length, boundTo, findings };
}

/** The hash of each line by its sequence. */
function checkChain(
  entries: readonly { line: Uint8Array; members: Members }[],
  from: number,
  findings: string[],
): ReadonlyMap<number, string> {
  const hashes = new Map<number, string>();
  let before: { sequence: number; hash: string } | undefined;
  const first = Number(entries[0]?.members['sequence'] ?? from);
  if (first !== from) findings.push(describeStart(first, from));
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

function describeStart(first: number, from: number): string {
  const from1 =
    from === 1 ? `: entries may have been cut off; if it was exported so, give --from ${first}` : '';
  return `the chain begins with entry ${first}, not with entry ${from}${from1}`;
}

interface Head {
  readonly body: Uint8Array;
  readonly members: Members | undefined;
  readonly sequence: number;
  readonly organization: string | undefined;
  readonly leafIndex: number;
}

function readHead({ body, leafIndex }: Members): Head {
  const bytes = Buffer.from(typeof body === 'string' ? body : '', 'utf8');
  const members = parseLine(bytes);
  const organization = members?.['organization'];
  return {
    body: bytes,
    members,
    sequence: Number(members?.['sequence']),
    organization: typeof organization === 'string' ? organization : undefined,
    leafIndex: Number(leafIndex),
  };
}

async function findHeadFault(
  { body, members, sequence, organization, leafIndex }: Head,
  hashes: ReadonlyMap<number, string>,
  chainOf: string | undefined,
  ledger: SignedTree | undefined,
): Promise<string | undefined> {
  if (members?.['format'] !== HEAD_FORMAT) return 'a head has a body of an unknown format';
  if (organization === undefined) return `the head of entry ${sequence} names no organization`;
  if (organization !== chainOf)
    return `the head of entry ${sequence} is of "${organization}", not of "${chainOf ?? ''}"`;
  if (members['head'] !== hashes.get(sequence))
    return `the head of entry ${sequence} is not that of its line`;
  if (!ledger) return undefined;
  if (leafIndex >= ledger.treeSize)
    return `the head of entry ${sequence} is to be entry ${leafIndex} of the ledger, which ends before it: verify again later`;
  if (await ledger.includes(leafIndex, computeEntry(nativeCrypto, EntryType.auditHead, body)))
    return undefined;
  return `the ledger does not have the head of entry ${sequence}`;
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
