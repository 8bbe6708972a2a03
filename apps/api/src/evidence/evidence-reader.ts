/**
 * Evidence read back: rows are turned into records again and compared with the entry that went into the ledger, so a
 * damaged or doctored row is noticed here and not by a court.
 */
import { type PoolClient } from 'pg';
import { parseOrigin } from '@cunzheng/ledger';
import { clientRefMac, openEvidence, type EvidenceValues, type ValueCipher } from '@cunzheng/persistence';
import { type Fingerprint } from '@cunzheng/receipt';
import { type Tenant } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { readKeyDetails } from '../signers/signer-keys.js';
import { decodeErased, type ErasedEvidence } from './erased-content.js';
import { decodeContent, decodeFingerprints, digestPrefix, keysOf, type KeyDetails } from './evidence-row.js';
import {
  ANCHORING_COLUMNS,
  ANCHORING_JOINS,
  type Anchoring,
  anchoringOf,
  type AnchoringRow,
} from './anchoring.js';
import { evidenceId, type EvidenceQuery } from './evidence.schemas.js';
import { rebuildRecord, type FixedRecord } from './fix-record.js';

export interface LoadedEvidence {
  readonly record: FixedRecord;
  readonly fingerprints: readonly Fingerprint[];
  readonly clientRef: string | undefined;
  /** For each signer the id it is registered under, '' where there is none or it was erased. */
  readonly signerIds: readonly string[];
  /** Set once personal data was erased: when last, and which disclosures are gone. */
  readonly erasure: { readonly at: Date; readonly names: readonly string[] } | undefined;
  /** The row's content as it is stored. */
  readonly stored: Buffer;
  readonly logName: string;
  readonly anchoring: Anchoring | undefined;
}

export interface EvidencePage {
  readonly items: LoadedEvidence[];
  readonly nextCursor: string | undefined;
}

interface EvidenceRow extends AnchoringRow {
  id: string;
  fingerprints: Buffer;
  secrets: Buffer;
  client_ref: string | null;
  content: Buffer;
  entry: Buffer;
  origin: string;
  log_name: string;
  erased_at: Date | null;
}

const SELECT = `
  SELECT e.id, e.ord, e.fingerprints, e.secrets, e.client_ref, e.content, e.erased_at,
    substring(p.entries FROM e.ord * 68 + 1 FOR 68) AS entry, l.origin, l.name AS log_name, ${ANCHORING_COLUMNS}
  FROM evidence e
  JOIN parcel p ON p.id = e.parcel ${ANCHORING_JOINS}`;

export class EvidenceReader {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
  ) {}

  /** The organization's evidence with these ids, by id; those that are absent or foreign are left out. */
  async load(principal: Tenant, ids: readonly string[]): Promise<ReadonlyMap<string, LoadedEvidence>> {
    return await this.database.forOrganization(principal.organizationKey, (client) =>
      this.loadWith(client, principal, ids),
    );
  }

  /** As {@link load}, in a transaction of the organization. */
  async loadWith(
    client: PoolClient,
    principal: Tenant,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, LoadedEvidence>> {
    const { rows } = await client.query<EvidenceRow>(
      `${SELECT} WHERE e.organization = $1 AND e.id = ANY($2::uuid[])`,
      [principal.organizationKey, ids],
    );
    const loaded = await this.rebuildAll(client, principal, rows);
    return new Map(loaded.map((evidence) => [evidence.record.id, evidence]));
  }

  /** One piece of evidence by the id in a path. @throws ProblemError `not-found`, for an id of no such form too. */
  async loadOne(principal: Tenant, id: string): Promise<LoadedEvidence> {
    const { data } = evidenceId.safeParse(id);
    const found = data === undefined ? undefined : (await this.load(principal, [data])).get(data);
    if (!found) throw new ProblemError('not-found', 'no evidence with this id in your organization');
    return found;
  }

  /** A page of the organization's evidence, newest first, and the cursor of the next page if there is more. */
  async list(principal: Tenant, query: EvidenceQuery): Promise<EvidencePage> {
    return await this.database.forOrganization(principal.organizationKey, (client) =>
      this.listWith(client, principal, query),
    );
  }

  /** As {@link list}, in a transaction of the organization or of one that supervises it. */
  async listWith(client: PoolClient, principal: Tenant, query: EvidenceQuery): Promise<EvidencePage> {
    const { text, values } = formatListQuery(principal.organizationKey, query, this.values);
    const { rows } = await client.query<EvidenceRow>(text, values);
    const page = rows.slice(0, query.limit);
    const items = await this.rebuildAll(client, principal, page);
    return {
      items: items.filter((evidence) => matches(evidence, query.fingerprint)),
      nextCursor: rows.length > query.limit ? page.at(-1)?.id : undefined,
    };
  }

  private async rebuildAll(
    client: PoolClient,
    { organizationKey, organizationId }: Tenant,
    rows: readonly EvidenceRow[],
  ): Promise<LoadedEvidence[]> {
    const opened = rows.map((row) => ({
      row,
      values: openEvidence(this.values, organizationKey, row.id, row),
    }));
    const keys = await readKeyDetails(
      client,
      this.values,
      opened.flatMap(({ values }) => keysOf(values.content)),
    );
    return opened.map(({ row, values }) => {
      const { record, erased, signerIds, clientRef } = rebuild(row, values, organizationId, keys);
      assertEntry(row, record);
      return {
        record,
        fingerprints: decodeFingerprints(row.fingerprints),
        clientRef,
        signerIds,
        erasure: row.erased_at ? { at: row.erased_at, names: erased } : undefined,
        stored: row.content,
        logName: row.log_name,
        anchoring: anchoringOf(row),
      };
    });
  }
}

/** The index holds prefixes only: compare the whole digest. */
function matches({ fingerprints }: LoadedEvidence, wanted: string | undefined): boolean {
  return (
    wanted === undefined || fingerprints.some(({ algorithm, digest }) => `${algorithm}:${digest}` === wanted)
  );
}

const IN_STATE = {
  accepted: 'b.anchored_at IS NULL',
  anchored: 'b.anchored_at IS NOT NULL AND a.attested_at IS NULL',
  attested: 'a.attested_at IS NOT NULL',
} as const;

function formatListQuery(
  organization: number,
  query: EvidenceQuery,
  cipher: ValueCipher,
): { text: string; values: unknown[] } {
  const values: unknown[] = [organization];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = ['e.organization = $1'];
  if (query.fingerprint !== undefined) {
    const prefix = bind(
      digestPrefix(query.fingerprint.split(':')[1] ?? '')
        .readBigInt64BE(0)
        .toString(),
    );
    conditions.push(
      `(e.prefix = ${prefix} OR e.id IN (SELECT evidence FROM further_fingerprint WHERE organization = $1 AND prefix = ${prefix}))`,
    );
  }
  if (query.clientRef !== undefined) {
    const mac = bind(clientRefMac(cipher, organization, query.clientRef));
    // In clear only where the row is from before there were keys.
    conditions.push(`(e.client_ref_mac = ${mac} OR e.client_ref = ${bind(query.clientRef)})`);
  }
  if (query.state !== undefined) conditions.push(IN_STATE[query.state]);
  if (query.tag !== undefined) conditions.push(`e.tag = ${bind(query.tag)}`);
  if (query.log !== undefined) conditions.push(`l.name = ${bind(query.log)}`);
  if (query.blockHeight !== undefined) conditions.push(`p.height = ${bind(query.blockHeight)}`);
  if (query.acceptedFrom !== undefined) conditions.push(`e.id >= ${bind(lowestIdAt(query.acceptedFrom))}`);
  if (query.acceptedBefore !== undefined) conditions.push(`e.id < ${bind(lowestIdAt(query.acceptedBefore))}`);
  if (query.cursor !== undefined) conditions.push(`e.id < ${bind(query.cursor)}`);
  const limit = bind(query.limit + 1);
  return { text: `${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY e.id DESC LIMIT ${limit}`, values };
}

/** Ids begin with their time since 1970, so a span of time is a span of ids. */
function lowestIdAt(time: string): string {
  const hex = Math.max(0, Date.parse(time)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

function rebuild(
  row: EvidenceRow,
  values: EvidenceValues & { content: Buffer },
  organization: string,
  keys: ReadonlyMap<number, KeyDetails>,
): ErasedEvidence {
  const erased = decodeErased(values.content);
  if (erased) return erased;
  const parts = {
    organization,
    fingerprints: decodeFingerprints(row.fingerprints),
    ...decodeContent(values.content, values.clientRef, keys),
  };
  const log = { origin: row.origin, service: parseOrigin(row.origin).host };
  const { signing, members } = parts;
  return {
    record: rebuildRecord(parts, row.id, values.secrets, log),
    erased: [],
    signerIds:
      signing.by === 'envelope' ? signing.signers.map(({ signer }) => signer) : signing.signers.map(() => ''),
    clientRef: members.clientRef,
  };
}

function assertEntry({ id, entry }: EvidenceRow, record: FixedRecord): void {
  if (id === record.id && entry.equals(record.entry)) return;
  throw new Error(
    `evidence ${id}: the stored row does not give the entry in its parcel; restore it from a backup`,
  );
}
