/**
 * Names that are planted in everything private that a test sends, and the places where none of them may turn up: the
 * database's rows and files, the log of the processes, the public ledger and every public route.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ACCESS } from '../../apps/api/src/auth/access-table.js';
import { readFolder } from './files.js';
import { type HttpClient } from './http-client.js';
import { type TestStack } from './stack.js';

/** How much was looked at, and what of it should not be there. */
export interface Scan {
  /** Bytes. */
  looked: number;
  readonly found: string[];
}

const HEX = /^[0-9a-f]{64,}$/;

export class Planted {
  readonly word = `planted-${randomBytes(6).toString('hex')}`;
  /** What stands in the database, and nowhere else: keys and digests, the latter in hexadecimal. */
  readonly secrets: string[] = [];
  private readonly spellings: readonly string[];

  constructor() {
    const plain = [this.word, ...[0, 1, 2].map((offset) => base64Inside(this.word, offset))];
    this.spellings = [...plain, ...plain.map((text) => Buffer.from(text).toString('hex'))];
  }

  /** A text to send. */
  text(what: string): string {
    return `${this.word}-${what}`;
  }

  /** Where it stands in bytes, in whatever spelling, or one of `secrets`. An organization's own id is no secret. */
  find(bytes: Buffer, secrets: readonly (string | Buffer)[] = []): string[] {
    const found: string[] = [];
    for (const spelling of [...this.spellings, ...secrets]) {
      for (let at = bytes.indexOf(spelling); at !== -1; at = bytes.indexOf(spelling, at + 1)) {
        if (!bytes.toString('latin1', at, at + 60).startsWith(`${this.word}-org`))
          found.push(bytes.toString('latin1', Math.max(0, at - 100), at + 100));
      }
    }
    return found;
  }

  scanLogs(stack: TestStack): Scan {
    return this.scanPublic([['log', Buffer.from(stack.logs.join(''))]]);
  }

  /** Every row of every table, the queue's included, as text; `bytea` is hexadecimal there. */
  async scanRows(stack: TestStack): Promise<Scan> {
    const tables = await stack.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'bullmq')",
    );
    const dumps = await Promise.all(
      tables.map(async ({ name }) => {
        const rows = await stack.asSuperuser<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
        return [name, Buffer.from(rows.map(({ row }) => row).join('\n'))] as const;
      }),
    );
    return this.scan(dumps);
  }

  /** The server's own files of this database, and the write-ahead log. */
  async scanServerFiles(stack: TestStack): Promise<Scan> {
    await stack.asSuperuser('CHECKPOINT');
    const [place] = await stack.asSuperuser<{ directory: string; oid: string }>(
      "SELECT current_setting('data_directory') AS directory, oid::text FROM pg_database WHERE datname = current_database()",
    );
    const { directory, oid } = place!;
    const folders = [join('base', oid), 'pg_wal'];
    return this.scan(folders.flatMap((folder) => [...readFolder(join(directory, folder))]));
  }

  async scanLedger(stack: TestStack): Promise<Scan> {
    return this.scanPublic(readFolder(await stack.logDirectory()));
  }

  /** Everything that is served without a key. `fill` gives a value for each parameter of a path, and a route its query. */
  async scanPublicRoutes(http: HttpClient, fill: Readonly<Record<string, string>>): Promise<Scan> {
    const answers: [string, Buffer][] = [];
    for (const path of publicPaths(fill)) {
      const answer = await http.get(path);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
      answers.push([path, answer.bytes]);
    }
    return this.scanPublic(answers);
  }

  /** What is outside the database, where neither names nor secrets may be. */
  scanPublic(parts: Iterable<readonly [string, Buffer]>): Scan {
    const bytes = this.secrets.filter((secret) => HEX.test(secret)).map((hex) => Buffer.from(hex, 'hex'));
    return this.scan(parts, [...this.secrets, ...bytes]);
  }

  private scan(parts: Iterable<readonly [string, Buffer]>, secrets: readonly (string | Buffer)[] = []): Scan {
    const scan: Scan = { looked: 0, found: [] };
    for (const [name, bytes] of parts) {
      scan.looked += bytes.length;
      scan.found.push(...this.find(bytes, secrets).map((text) => `${name}: …${text}…`));
    }
    return scan;
  }
}

/** What of a base64 text depends on `word` alone when it begins so many bytes after a multiple of three. */
function base64Inside(word: string, offset: number): string {
  const text = Buffer.from('\0'.repeat(offset) + word).toString('base64');
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + word.length) * 8) / 6));
}

function publicPaths(fill: Readonly<Record<string, string>>): string[] {
  const routes = Object.entries(ACCESS).filter(
    ([route, scope]) => scope === 'public' && route.startsWith('GET'),
  );
  const paths = routes.map(([route]) => {
    const path = route.slice('GET '.length).replace(/:\w+|\*/g, (name) => {
      const value = fill[name];
      if (value === undefined) throw new Error(`${route}: no value for ${name}`);
      return value;
    });
    return path + (fill[route] ?? '');
  });
  return ['/openapi.json', ...paths];
}
