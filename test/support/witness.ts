/**
 * A witness for tests: a small server on loopback around the pure witness of libs/receipt, with manners good and bad.
 */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  cosignNote,
  decideCosign,
  formatAddCheckpointResponse,
  formatVerifierKey,
  parseCheckpoint,
  parseVerifierKey,
  type VerifierKey,
} from '@cunzheng/receipt';

/** How a witness behaves besides cosigning what it should. */
type Manner = 'good' | 'silent' | 'garbage' | 'wrong key' | 'dated ahead';

export class TestWitness {
  readonly key: VerifierKey;
  requests = 0;
  /** Tree sizes it has cosigned, in order. */
  readonly sizes: number[] = [];
  manner: Manner;
  private readonly privateKey: KeyObject;
  private state: { size: number; rootHash: Uint8Array } | null = null;
  private logKeys: VerifierKey[] = [];
  private readonly server: Server;

  private constructor(name: string, manner: Manner) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    this.key = parseVerifierKey(nativeCrypto, formatVerifierKey(nativeCrypto, name, 'cosignature/v1', raw));
    this.privateKey = privateKey;
    this.manner = manner;
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(name: string, manner: Manner = 'good'): Promise<TestWitness> {
    const witness = new TestWitness(name, manner);
    await new Promise<void>((resolve) => witness.server.listen(0, '127.0.0.1', resolve));
    return witness;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/witness`;
  }

  watch(vkey: string): void {
    this.logKeys = [parseVerifierKey(nativeCrypto, vkey)];
  }

  /** Remembers a tree larger than the log's. */
  remember(size: number): void {
    this.state = { size, rootHash: new Uint8Array(32) };
  }

  /** Forgets what it cosigned, so that it asks for another size than the log expects. */
  rewind(): void {
    this.state = null;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    if (this.manner === 'silent') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.manner === 'garbage') {
      response.end('— nobody AAAA\n'.repeat(10));
      return;
    }
    const decision = decideCosign(nativeCrypto, {
      logKeys: this.logKeys,
      state: this.state,
      request: Buffer.concat(chunks).toString('utf8'),
    });
    const lines = decision.status === 200 ? [this.cosign(decision.noteText)] : [];
    if (decision.status === 200) {
      const { treeSize, rootHash } = parseCheckpoint(decision.noteText);
      this.state = { size: treeSize, rootHash };
      this.sizes.push(treeSize);
    }
    const { status, contentType, body } = formatAddCheckpointResponse(decision, lines);
    response.writeHead(status, { 'content-type': contentType }).end(body);
  }

  private cosign(noteText: string): ReturnType<typeof cosignNote> {
    const aheadSeconds = this.manner === 'dated ahead' ? 3_600 : 0;
    const other = generateKeyPairSync('ed25519').privateKey;
    const key = this.manner === 'wrong key' ? other : this.privateKey;
    return cosignNote(noteText, Math.floor(Date.now() / 1_000) + aheadSeconds, this.key, (message) =>
      sign(null, message, key),
    );
  }
}
