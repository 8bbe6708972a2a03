/**
 * What an audit established, and what it did not, in exact words. An audit shows that a log is one consistent history under
 * certain signatures; it cannot show what the records say, nor that everybody was shown this history.
 */
import { encodeHex, NO_QUORUM, type Trust } from '@cunzheng/receipt';
import { type AuditResult } from './audit-log.js';
import { formatCount } from './progress.js';

export interface AuditReport {
  readonly established: readonly string[];
  readonly notEstablished: readonly string[];
  /** One line: the outcome of all. */
  readonly conclusion: string;
}

/** `trust`: the auditor's, null if there is none. */
export function reportAudit(result: AuditResult, trust: Trust | null): AuditReport {
  return {
    established:
      result.newest === null ? [] : [...describeReplay(result), ...describeSignatures(result, trust)],
    notEstablished: describeOpen(result, trust),
    conclusion: conclude(result, trust),
  };
}

/** The trust asks for witnesses, and no checkpoint has them. */
export function lacksWitnesses({ isTrusted, checkpoints }: AuditResult, trust: Trust | null): boolean {
  return isTrusted && asksForWitnesses(trust) && checkpoints.witnessedSize === null;
}

function describeReplay(result: AuditResult): string[] {
  const { blocks, entries, contents, rootHash, tiles, entryBundles, lists, isReplayed, checkpoints } = result;
  if (blocks === 0) return [];
  const { records, events, auditHeads, unknown } = contents.counts;
  const kinds = [...contents.eventKinds].map(([kind, count]) => (count === 1 ? kind : `${kind} × ${count}`));
  const types = [
    many(records, 'record'),
    `${many(events, 'log event')} (${kinds.join(', ')})`,
    ...(auditHeads > 0 ? [many(auditHeads, 'audit head')] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} of unknown types`] : []),
  ];
  const chain =
    `${many(blocks, 'block')} held, each by itself: batch root, header, bodies of events; created, by the ` +
    `operator's clock, from ${contents.firstCreatedAt} to ${contents.lastCreatedAt}`;
  if (!isReplayed) return [chain];
  return [
    `${many(blocks, 'block')} in one chain from the opening on, created, by the operator's clock, from ` +
      `${contents.firstCreatedAt} to ${contents.lastCreatedAt}, none before the one it follows`,
    `${formatCount(entries)} entries, each where its block says: ${types.join(', ')}, and the headers of the blocks`,
    `they make the tree of root ${rootHash ?? ''}`,
    `${many(checkpoints.compared, 'checkpoint')} read, each with the root that this tree has at its size`,
    `${many(tiles, 'hash tile')}${entryBundles === null ? '' : ` and ${many(entryBundles, 'entry bundle')}`} compared with what the blocks give`,
    ...(lists.length > 0 ? [`the lists ${lists.join(' and ')} leave nothing out`] : []),
  ];
}

function describeSignatures({ newest, isTrusted, checkpoints }: AuditResult, trust: Trust | null): string[] {
  if (!isTrusted || newest === null) return [];
  const signed = `signed, ${formatCount(checkpoints.signed)} of ${formatCount(checkpoints.compared)} checkpoints, by a key of your trust; the newest by ${newest.logKeys.join(', ')}`;
  if (checkpoints.signed === 0) return [];
  if (!asksForWitnesses(trust) || checkpoints.witnessedSize === null) return [signed];
  const size = formatCount(checkpoints.witnessedSize);
  return [signed, `the quorum of witnesses of your policy has seen this log up to tree size ${size}`];
}

function describeOpen(result: AuditResult, trust: Trust | null): string[] {
  const { newest, contents, isReplayed, isTrusted, unfinished, entryBundles, checkpoints } = result;
  const { records, auditHeads, unknown } = contents.counts;
  const lines: string[] = [];
  if (unfinished !== null) lines.push(`the rest of the log: ${unfinished}`);
  if (newest !== null && !isReplayed)
    lines.push('tree, tiles and checkpoints beyond the first block that does not hold');
  if (!isTrusted) lines.push(describeNoTrust(newest?.origin ?? null, trust));
  else if (!asksForWitnesses(trust)) {
    lines.push(
      'that others were shown the same log: your policy names no quorum of witnesses, so this rests on the operator alone; ' +
        'compare checkpoints with others, or run `cunzheng follow`',
    );
  } else if (checkpoints.witnessedSize === null) {
    lines.push(
      'that others were shown the same log: no checkpoint here has the quorum of witnesses of your policy',
    );
  } else if (newest !== null && checkpoints.witnessedSize < newest.treeSize) {
    lines.push(
      `that witnesses have seen entries from ${formatCount(checkpoints.witnessedSize)} on (not yet, perhaps)`,
    );
  }
  if (isTrusted && newest !== null && !newest.logKeys.some((key) => contents.openingKeys.includes(key))) {
    lines.push('that the key of the newest checkpoint is one the log opened with: its opening names others');
  }
  if (records > 0)
    lines.push(
      'what the records say: their bodies are private, an entry is two digests; a receipt shows one',
    );
  if (auditHeads > 0) lines.push('what the audit heads (type 03) say: their bodies are private');
  if (unknown > 0)
    lines.push(`what ${formatCount(unknown)} entries of unknown types are: use a newer version`);
  if (contents.firstCreatedAt !== '')
    lines.push("when the blocks were made: the times are the operator's own");
  if (newest !== null && entryBundles === null) {
    lines.push(
      'that the log is served like this: a directory was read; older signed checkpoints are not kept in it',
    );
  }
  if (newest !== null) {
    lines.push(
      'that nothing newer exists: a log that was set back as a whole looks whole; --checkpoint FILE compares it with one you kept',
    );
  }
  return lines;
}

function describeNoTrust(origin: string | null, trust: Trust | null): string {
  const whose = 'who signed the checkpoints: ';
  return trust === null || origin === null
    ? `${whose}no trust was given, signatures are not checked; give --trust DIR`
    : `${whose}your policy has no key of ${origin}, signatures are not checked; give its --trust DIR`;
}

function conclude(result: AuditResult, trust: Trust | null): string {
  const { newest, findings, unfinished, isTrusted } = result;
  if (findings.length > 0) return `${findings.length} finding${findings.length === 1 ? '' : 's'}`;
  if (unfinished !== null) return `not finished: ${unfinished}`;
  if (newest === null) return 'not finished';
  const tree = `tree size ${newest.treeSize}, root ${encodeHex(newest.rootHash)}`;
  if (!isTrusted) return `consistent, but nobody's: signatures are not checked; ${tree}`;
  if (lacksWitnesses(result, trust))
    return `consistent, but without the witnesses that your policy asks for; ${tree}`;
  return `clean; ${tree}`;
}

function many(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function asksForWitnesses(trust: Trust | null): boolean {
  return trust !== null && trust.policy.quorum !== NO_QUORUM;
}
