/** The rows of a table as a file: one JSON string for each row, a line each, compressed. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip, type Gzip } from 'node:zlib';

const CHUNK_ROWS = 500;
const FOLDER = 'database';

const fileOf = (directory: string, table: string): string => join(directory, FOLDER, `${table}.rows.gz`);

/** Writes the files of tables that come one after the other. */
export class TableFiles {
  private current: { readonly table: string; readonly gzip: Gzip; readonly done: Promise<void> } | undefined;

  private constructor(private readonly directory: string) {}

  static async create(directory: string): Promise<TableFiles> {
    await mkdir(join(directory, FOLDER), { mode: 0o700 });
    return new TableFiles(directory);
  }

  async write(table: string, rows: readonly string[]): Promise<void> {
    const gzip = await this.open(table);
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (!gzip.write(lines)) await new Promise((resolve) => gzip.once('drain', resolve));
  }

  private async open(table: string): Promise<Gzip> {
    if (this.current?.table === table) return this.current.gzip;
    await this.close();
    const gzip = createGzip({ level: 1 });
    const done = finished(gzip.pipe(createWriteStream(fileOf(this.directory, table), { mode: 0o600 })));
    this.current = { table, gzip, done };
    return gzip;
  }

  async close(): Promise<void> {
    this.current?.gzip.end();
    await this.current?.done;
    this.current = undefined;
  }
}

/** The rows that {@link TableFiles} wrote, in chunks. */
export async function* readTableFile(directory: string, table: string): AsyncGenerator<readonly string[]> {
  const input = createReadStream(fileOf(directory, table)).pipe(createGunzip());
  let chunk: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    chunk.push(JSON.parse(line) as string);
    if (chunk.length < CHUNK_ROWS) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
