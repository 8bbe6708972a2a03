/** Backups of a stack at rest, put back for real: the database as PostgreSQL copies it, the ledger as files. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestStack } from './stack.js';

export interface StackBackup {
  /** Puts the database back as it was, once. No API or worker may run. */
  restoreDatabase(): Promise<void>;
  /** Puts the ledgers of all logs back as they were, their checkpoints with them. */
  restoreLedger(): void;
}

/** Backs database and ledgers up. No API or worker may run. */
export async function backUp(stack: TestStack, name: string): Promise<StackBackup> {
  const directory = join(stack.directory, 'ledger');
  const copy = `${stack.directory}-${name}`;
  cpSync(directory, copy, { recursive: true });
  const snapshot = await offline(stack, () => stack.database.snapshot());
  stack.onClose(async () => {
    rmSync(copy, { recursive: true });
    await snapshot.drop();
  });
  return {
    restoreDatabase: () => offline(stack, () => snapshot.restore()),
    restoreLedger: () => {
      rmSync(directory, { recursive: true });
      cpSync(copy, directory, { recursive: true });
    },
  };
}

/** PostgreSQL copies a database that nobody is connected to. */
async function offline<T>({ owner }: TestStack, work: () => Promise<T>): Promise<T> {
  await owner.destroy();
  try {
    return await work();
  } finally {
    await owner.initialize();
  }
}
