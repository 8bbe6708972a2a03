/**
 * The trust folder for this log, written on first start for users to copy. It is theirs to edit: never overwritten.
 * Roots of timestamping authorities and signers are left out: which ones to trust is for the user to say.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatTrustFolder, parsePolicy, type Policy, type VerifierKey } from '@cunzheng/receipt';

export function writeTrustFolder(trustDir: string, log: VerifierKey, logPolicy: Policy | undefined): void {
  if (existsSync(join(trustDir, 'policy'))) return;
  const policy = logPolicy ?? parsePolicy(nativeCrypto, `log ${log.vkey}\nquorum none\n`);
  const files = formatTrustFolder({ policy });
  mkdirSync(trustDir, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(trustDir, name), text as string);
}
