/**
 * What a backup is made of: `manifest.json` with the size and SHA-256 of every other file, and what the database held. It is
 * written last, so a folder without it is a backup that was cut short.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

export const MANIFEST = 'manifest.json';

const schema = z.strictObject({
  format: z.literal('cunzheng/backup@v1'),
  createdAt: z.string(),
  logs: z.array(z.strictObject({ name: z.string(), origin: z.string() })),
  database: z.strictObject({
    migrations: z.array(z.string()),
    tables: z.array(z.strictObject({ name: z.string().regex(/^[a-z_]{1,63}$/), rows: z.int() })),
    sequences: z.record(z.string(), z.string()),
  }),
  keys: z.array(z.enum(['log-key', 'value-keys', 'tsa-key'])),
  files: z.array(z.strictObject({ path: z.string(), sizeBytes: z.int(), sha256: z.string() })),
});

export type Manifest = z.output<typeof schema>;
export type ManifestFile = Manifest['files'][number];

/** @throws CliError `file` when there is none, or it cannot be read. */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('file', `${path} cannot be read: this is no backup, or one that was cut short`, {
      cause,
    });
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError('file', `${path} is no manifest of this version`, { cause });
  }
}

/** Every file below the folder with its size and digest, sorted; without the manifest itself. */
export async function listFiles(directory: string): Promise<ManifestFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path !== MANIFEST)
    .sort();
  const files: ManifestFile[] = [];
  for (const path of paths) {
    const { size } = await stat(join(directory, path));
    files.push({ path, sizeBytes: size, sha256: await hashFile(join(directory, path)) });
  }
  return files;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
