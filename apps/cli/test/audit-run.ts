/** Audits in this process: of a directory, and of a ledger that is served as a test wants it. */
import { auditLog, type AuditOptions, type AuditResult } from '../src/audit/audit-log.js';
import { openDirectorySource } from '../src/audit/directory-source.js';
import { type LogSource } from '../src/audit/log-source.js';
import { openUrlSource } from '../src/audit/url-source.js';
import { serveLedger, trust, type Alter, type MadeLedger } from './audit-ledger.js';

async function auditOf(source: LogSource, options: Partial<AuditOptions> = {}): Promise<AuditResult> {
  try {
    return await auditLog(source, { trust, ...options });
  } finally {
    await source.close();
  }
}

export async function auditDirectory(dir: string, options?: Partial<AuditOptions>): Promise<AuditResult> {
  return await auditOf(await openDirectorySource(dir), options);
}

export async function auditServed(
  ledger: MadeLedger,
  alter?: Alter,
  options?: Partial<AuditOptions>,
): Promise<AuditResult> {
  const service = await serveLedger(ledger, alter);
  try {
    return await auditOf(openUrlSource(service.url), options);
  } finally {
    await service.close();
  }
}
