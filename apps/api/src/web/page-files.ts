/**
 * The built page in memory: every file of `dist/apps/web` with the headers it goes out with, compressed once. A closed
 * list made at start: what is not in it cannot be asked for, whatever the path says.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

export interface PageFile {
  readonly body: Buffer;
  /** Absent where it would not be smaller. */
  readonly gzipped?: Buffer;
  readonly type: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/** Where the build leaves the page, seen from the compiled file and from its source. */
const PLACES = ['../../../../dist/apps/web', '../../../web'].map((place) =>
  fileURLToPath(new URL(place, import.meta.url)),
);

/** Files by their path below the page's root, such as `assets/index-3f2a.js`; none if the page was not built. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const directory = PLACES.find((place) => existsSync(join(place, 'assets')));
  if (directory === undefined) return new Map();
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
  return new Map(names.map((name) => [name, createPageFile(name, readFileSync(join(directory, name)))]));
}

/** `name` decides the content type. */
export function createPageFile(name: string, body: Buffer): PageFile {
  const gzipped = gzipSync(body, { level: 9 });
  return {
    body,
    ...(gzipped.length < body.length && { gzipped }),
    type: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
  };
}
