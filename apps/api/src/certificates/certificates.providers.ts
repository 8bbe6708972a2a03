/** What certificates are made of. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { PublicLogs } from '../logs/public-logs.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { SIGNER_ROOTS, TSA_ROOTS } from '../receipts/verification.controller.js';
import { Certificates } from './certificates.js';
import { FinalReceipts } from './final-receipts.js';
import { PublicPages } from './public-pages.js';

export const certificateProviders = (settings: Settings): Provider[] => [
  {
    provide: FinalReceipts,
    inject: [ReceiptAssembler, PublicLogs, TSA_ROOTS, SIGNER_ROOTS],
    useFactory: (
      receipts: ReceiptAssembler,
      logs: PublicLogs,
      tsaRoots: readonly Uint8Array[],
      signerRoots: readonly Uint8Array[],
    ) => new FinalReceipts(receipts, logs, tsaRoots, signerRoots),
  },
  { provide: Certificates, useFactory: () => new Certificates() },
  {
    provide: PublicPages,
    inject: [PublicLogs],
    useFactory: (logs: PublicLogs) => new PublicPages(logs, settings.PUBLIC_URL),
  },
];
