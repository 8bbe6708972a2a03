/**
 * Evidence as strangers see it: by the token of a share link, or by a whole fingerprint if it is public. What they get is
 * the receipt with the disclosures that the owner chose, nothing else, and nothing tells an absent one from a private one.
 */
import { filterDisclosures } from '@cunzheng/receipt';
import { type Database } from '../database/database.js';
import { type EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { ProblemError } from '../problems/problem-error.js';
import { type AssembledReceipt, type ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { hashShareToken } from './share-token.js';

/** Publications of one fingerprint that a lookup shows, the earliest first. */
const MAX_FOUND = 20;

/** What the functions of the sharing migration answer. */
interface ShownRow {
  organization: number;
  organization_id: string;
  evidence: string;
  disclose: string[];
  /** Of a share link. */
  id?: string;
}

export interface SharedReceipt extends AssembledReceipt {
  /** The link that shows it. */
  readonly share: { readonly id: string; readonly organizationKey: number; readonly evidence: string };
}

export class SharedEvidence {
  constructor(
    private readonly database: Database,
    private readonly reader: EvidenceReader,
    private readonly receipts: ReceiptAssembler,
  ) {}

  /** @throws ProblemError `not-found` for a token that is unknown, expired or revoked; `receipt-pending`. */
  async receiptByToken(token: string): Promise<SharedReceipt> {
    const digest = hashShareToken(token);
    const [row] = digest ? await this.find('find_share($1)', [digest]) : [];
    const evidence = row && (await this.load(row));
    if (!evidence) throw new ProblemError('not-found', 'this link is unknown, has expired or was revoked');
    const { id = '', organization: organizationKey } = row;
    const receipt = await this.receipts.assemble(evidence, shown(evidence, row));
    return { ...receipt, share: { id, organizationKey, evidence: row.evidence } };
  }

  /** The receipts of public evidence with this fingerprint; what is not anchored yet is left out. */
  async receiptsByFingerprint(fingerprint: string): Promise<AssembledReceipt[]> {
    const rows = await this.find('find_publications($1, $2)', [fingerprint, MAX_FOUND]);
    const receipts: AssembledReceipt[] = [];
    for (const row of rows) {
      const evidence = await this.load(row);
      if (evidence?.anchoring) receipts.push(await this.receipts.assemble(evidence, shown(evidence, row)));
    }
    return receipts;
  }

  private find(call: string, values: unknown[]): Promise<ShownRow[]> {
    return this.database.query<ShownRow>(`SELECT * FROM ${call}`, values);
  }

  private async load(row: ShownRow): Promise<LoadedEvidence | undefined> {
    const owner = { organizationKey: row.organization, organizationId: row.organization_id };
    return (await this.reader.load(owner, [row.evidence])).get(row.evidence);
  }
}

/** The disclosures that the owner chose; one that was erased since is no longer there. */
const shown = ({ record }: LoadedEvidence, { disclose }: ShownRow): string[] =>
  filterDisclosures(record.disclosures, disclose);
