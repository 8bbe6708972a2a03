/**
 * The trust folder for this log, written on first start for users to copy. It is theirs to edit: never overwritten. It
 * names whom the operator asks, witnesses and timestamping authorities alike; whether to believe them is for the user to
 * say. Roots of signers are left out.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTrustFolder, type Policy } from '@cunzheng/receipt';
import { formatPem } from '@cunzheng/x509';

export interface TrustOfLog {
  readonly policy: Policy;
  readonly minTimestamps: number;
  /** DER. */
  readonly tsaRoots: readonly Uint8Array[];
}

export function writeTrustFolder(trustDir: string, { policy, minTimestamps, tsaRoots }: TrustOfLog): void {
  if (existsSync(join(trustDir, 'policy'))) return;
  const tsaRootsPem = tsaRoots.map((der) => formatPem(der, 'CERTIFICATE')).join('');
  const files = formatTrustFolder({ policy, minTimestamps, ...(tsaRootsPem === '' ? {} : { tsaRootsPem }) });
  mkdirSync(trustDir, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(trustDir, name), text as string);
}
