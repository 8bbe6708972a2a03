/** What certificates are made of. */
import { type Provider } from '@nestjs/common';
import { type Settings } from '@cunzheng/settings';
import { PublicLogs } from '../logs/public-logs.js';
import { ReceiptAssembler } from '../receipts/receipt-assembler.js';
import { Certificates } from './certificates.js';
import { PublicPages } from './public-pages.js';

export const certificateProviders = (settings: Settings): Provider[] => [
  {
    provide: Certificates,
    inject: [ReceiptAssembler, PublicLogs],
    useFactory: (receipts: ReceiptAssembler, logs: PublicLogs) => new Certificates(receipts, logs),
  },
  {
    provide: PublicPages,
    inject: [PublicLogs],
    useFactory: (logs: PublicLogs) => new PublicPages(logs, settings.PUBLIC_URL),
  },
];
