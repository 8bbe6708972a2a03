/**
 * A client of the public log as an outsider would write it from the C2SP pages (signed-note, tlog-checkpoint, tlog-tiles,
 * tlog-proof) and RFC 6962: slow, obvious, with node:crypto alone. It shares no code with what it reads.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import { type Answer, type HttpClient } from '@test/http-client.js';

export interface Checkpoint {
  readonly note: Buffer;
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

const HASH_SIZE = 32;

const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer =>
  hash(
    'sha256',
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
    'buffer',
  );

export const leafHash = (entry: Uint8Array): Buffer => sha256(Buffer.from([0]), entry);
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.from([1]), left, right);

/** k of RFC 6962 §2.1: the largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH of RFC 6962 §2.1 over leaf hashes. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** PATH of RFC 6962 §2.1.1 over leaf hashes. */
export function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...pathOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

/** The root that a path leads to, from the definition of PATH backwards. */
export function rootFromPath(index: number, size: number, leaf: Buffer, path: readonly Buffer[]): Buffer {
  if (size === 1) {
    if (path.length > 0) throw new Error(`${path.length} hashes too many`);
    return leaf;
  }
  const sibling = path.at(-1);
  if (sibling === undefined) throw new Error('a hash is missing');
  const k = split(size);
  const below = path.slice(0, -1);
  return index < k
    ? nodeHash(rootFromPath(index, k, leaf, below), sibling)
    : nodeHash(sibling, rootFromPath(index - k, size - k, leaf, below));
}

/** `<N>` of tlog-tiles. */
function indexPath(index: number): string {
  const last = String(index % 1000).padStart(3, '0');
  const above = Math.floor(index / 1000);
  return above === 0
    ? last
    : `${indexPath(above)
        .split('/')
        .map((part) => (part.startsWith('x') ? part : `x${part}`))
        .join('/')}/${last}`;
}

/** Path of the tile or bundle of a tree of `size`, full or partial as it is there. */
export function tilePath(level: number | 'entries', index: number, size: number): string {
  const hashes = Math.floor(size / 256 ** (level === 'entries' ? 0 : level));
  const width = Math.min(256, hashes - index * 256);
  return `tile/${level}/${indexPath(index)}${width === 256 ? '' : `.p/${width}`}`;
}

export class NaiveLogClient {
  constructor(
    readonly http: HttpClient,
    /** Such as `/logs/main`. */
    readonly prefix: string,
    /** Verifier key of the log; without one, signatures are not looked at. */
    private readonly vkey?: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.http.get(`${this.prefix}/${path}`);
  }

  async fetch(path: string): Promise<Buffer> {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.bytes;
  }

  async fetchJson<T>(path: string): Promise<T> {
    return JSON.parse((await this.fetch(path)).toString('utf8')) as T;
  }

  async checkpoint(size?: number): Promise<Checkpoint> {
    return this.parseCheckpoint(await this.fetch(size === undefined ? 'checkpoint' : `checkpoints/${size}`));
  }

  /** All entries of the tree of `size`, from its bundles. */
  async entries(size: number): Promise<Buffer[]> {
    const entries: Buffer[] = [];
    for (let index = 0; index * 256 < size; index++) {
      const bundle = await this.fetch(tilePath('entries', index, size));
      for (let offset = 0; offset < bundle.length;) {
        const end = offset + 2 + bundle.readUInt16BE(offset);
        entries.push(bundle.subarray(offset + 2, end));
        offset = end;
      }
    }
    if (entries.length !== size) throw new Error(`${entries.length} entries, want ${size}`);
    return entries;
  }

  /** The root of the tree of `size`, from the tiles of that size alone. */
  async rootFromTiles(size: number): Promise<Buffer> {
    const tiles = new Map<string, Buffer>();
    const hashAt = async (level: number, index: number): Promise<Buffer> => {
      const path = tilePath(level, Math.floor(index / 256), size);
      const tile = tiles.get(path) ?? (await this.fetch(path));
      tiles.set(path, tile);
      return tile.subarray((index % 256) * HASH_SIZE, ((index % 256) + 1) * HASH_SIZE);
    };
    const root = async (from: number, count: number): Promise<Buffer> => {
      const level = Math.round(Math.log2(count) / 8);
      if (count === 256 ** level && from % count === 0) return await hashAt(level, from / count);
      const k = split(count);
      return nodeHash(await root(from, k), await root(from + k, count - k));
    };
    return await root(0, size);
  }

  /** `proofs/{leafIndex}`: what it says, parsed line by line. */
  async proof(
    leafIndex: number,
    size?: number,
  ): Promise<{ index: number; path: Buffer[]; checkpoint: Checkpoint }> {
    const text = (
      await this.fetch(`proofs/${leafIndex}${size === undefined ? '' : `?size=${size}`}`)
    ).toString('utf8');
    const [head = '', ...rest] = text.split('\n\n');
    const [version, index, ...hashes] = head.split('\n');
    if (version !== 'c2sp.org/tlog-proof@v1') throw new Error(`version is ${version}`);
    const path = hashes.map((line) => Buffer.from(line, 'base64'));
    if (path.some(({ length }) => length !== HASH_SIZE)) throw new Error('a line is no hash');
    const checkpoint = this.parseCheckpoint(Buffer.from(rest.join('\n\n')));
    return { index: Number(/^index (0|[1-9]\d*)$/.exec(index ?? '')?.[1]), path, checkpoint };
  }

  private parseCheckpoint(note: Buffer): Checkpoint {
    const [body = '', signatures = ''] = note.toString('utf8').split('\n\n');
    const [origin = '', size = '', root = '', ...more] = body.split('\n');
    if (more.length > 0 || !/^\d+$/.test(size)) throw new Error(`no checkpoint: ${note.toString('utf8')}`);
    if (this.vkey !== undefined) verifySignature(this.vkey, `${body}\n`, signatures);
    return { note, origin, size: Number(size), root };
  }
}

/** C2SP signed-note, Ed25519 (0x01). */
function verifySignature(vkey: string, text: string, lines: string): void {
  const [name = '', id = '', ...base64] = vkey.split('+');
  const key = Buffer.from(base64.join('+'), 'base64');
  if (sha256(name, '\n', key).subarray(0, 4).toString('hex') !== id) throw new Error('key id does not fit');
  const line = lines.split('\n').find((one) => one.startsWith(`— ${name} `)) ?? '';
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const isOurs = signature.subarray(0, 4).toString('hex') === id;
  if (!isOurs || !verify(null, Buffer.from(text), publicKey, signature.subarray(4)))
    throw new Error('signature does not verify');
}
