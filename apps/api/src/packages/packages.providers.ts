/** What evidence packages are made of. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { readTsaList } from '@cunzheng/timestamp/node';
import { Certificates } from '../certificates/certificates.js';
import { FinalReceipts } from '../certificates/final-receipts.js';
import { PublicPages } from '../certificates/public-pages.js';
import { Database } from '../database/database.js';
import { EvidenceReader } from '../evidence/evidence-reader.js';
import { PublicLogs } from '../logs/public-logs.js';
import { TSA_ROOTS } from '../receipts/verification.controller.js';
import { readPageFiles } from '../web/page-files.js';
import { VerifyFile } from '../web/verify-file.js';
import { ManifestStamps } from './manifest-stamps.js';
import { Packages } from './packages.js';

interface PackageDependencies {
  readonly settings: Settings;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

export const packageProviders = ({ settings, now, onError }: PackageDependencies): Provider[] => [
  {
    provide: ManifestStamps,
    inject: [Database, TSA_ROOTS],
    useFactory: (database: Database, roots: readonly Uint8Array[]) => {
      const tsas = readTsaList(settings.TSA_LIST_FILE);
      return new ManifestStamps(database, { tsas, roots, timeoutMs: settings.TSA_TIMEOUT_MS, now }, onError);
    },
  },
  {
    provide: Packages,
    inject: [EvidenceReader, FinalReceipts, Certificates, PublicPages, ManifestStamps, PublicLogs],
    useFactory: (
      reader: EvidenceReader,
      receipts: FinalReceipts,
      certificates: Certificates,
      pages: PublicPages,
      stamps: ManifestStamps,
      logs: PublicLogs,
    ) =>
      new Packages({ reader, receipts, certificates, pages, stamps, readVerifyPage: verifyPageReader(logs) }),
  },
];

function verifyPageReader(logs: PublicLogs): () => Promise<Uint8Array | undefined> {
  const template = readPageFiles().get('verify.html');
  const file = template && new VerifyFile(template, () => logs.describeAll());
  return async () => (await file?.read())?.body;
}
