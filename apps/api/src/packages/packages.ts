/** Puts evidence packages together from final receipts, their certificates and a timestamp over the manifest. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { buildPackage, type PackageItem } from '@cunzheng/evidence-package';
import { filterDisclosures } from '@cunzheng/receipt';
import { type Principal } from '../auth/principal.js';
import { type Certificates } from '../certificates/certificates.js';
import { type FinalReceipts } from '../certificates/final-receipts.js';
import { type PublicPages } from '../certificates/public-pages.js';
import { type EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { invalidContent } from '../http/schema-pipe.js';
import { ProblemError } from '../problems/problem-error.js';
import { formatCustody } from './custody.js';
import { type ManifestStamps } from './manifest-stamps.js';
import { type PackageRequest } from './packages.schemas.js';

/** What a package is made of, each by who knows it. */
export interface PackageSources {
  readonly reader: EvidenceReader;
  readonly receipts: FinalReceipts;
  readonly certificates: Certificates;
  readonly pages: PublicPages;
  readonly stamps: ManifestStamps;
  /** The bytes of `verify.html`; undefined where the page is not built. */
  readonly readVerifyPage: () => Promise<Uint8Array | undefined>;
}

export class Packages {
  constructor(private readonly sources: PackageSources) {}

  /**
   * The container.
   *
   * @throws ProblemError `invalid-content` for evidence that is not there, `receipt-pending`, `busy`, `not-ready`.
   */
  async build(caller: Principal, request: PackageRequest): Promise<Uint8Array> {
    const { stamps, readVerifyPage } = this.sources;
    const verifyPage = await readVerifyPage();
    if (!verifyPage) throw new ProblemError('not-ready', 'the verify page is not built: npm run build');
    const evidence = await this.load(caller, request);
    const items: PackageItem[] = [];
    for (const [index, loaded] of evidence.entries()) items.push(await this.item(request, index, loaded));
    const { title } = request;
    const input = { ...(title !== undefined && { title }), items, verifyPage };
    return await buildPackage(nativeCrypto, input, stamps.isConfigured, (manifest) =>
      stamps.stamp(caller, manifest),
    );
  }

  /** In the order of the request. */
  private async load(caller: Principal, { items }: PackageRequest): Promise<LoadedEvidence[]> {
    const found = await this.sources.reader.load(
      caller,
      items.map(({ evidence }) => evidence),
    );
    const errors = items.flatMap(({ evidence }, index) =>
      found.has(evidence)
        ? []
        : [{ pointer: `/items/${index}/evidence`, detail: 'no evidence with this id in your organization' }],
    );
    if (errors.length > 0) throw invalidContent(errors);
    return items.flatMap(({ evidence }) => found.get(evidence) ?? []);
  }

  private async item(request: PackageRequest, index: number, evidence: LoadedEvidence): Promise<PackageItem> {
    const { receipts, certificates, pages } = this.sources;
    const receipt = await receipts.read(evidence, chosen(evidence, request));
    const pageUrl = await pages.verifyPage(evidence.logName);
    const { name = '', source, purpose } = request.items[index] ?? {};
    return {
      name,
      ...(source !== undefined && { source }),
      ...(purpose !== undefined && { purpose }),
      receipt: receipt.text,
      certificate: await certificates.print(receipt, request.language, pageUrl),
      custody: formatCustody(receipt.report),
      vkeys: receipt.log.verifierKeys.map(({ vkey }) => vkey),
    };
  }
}

/** Those of the names that this record has: a list of evidence is of many kinds. */
function chosen(
  { record: { disclosures } }: LoadedEvidence,
  { disclose }: PackageRequest,
): readonly string[] {
  return disclose ? filterDisclosures(disclosures, disclose) : disclosures;
}
