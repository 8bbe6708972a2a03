/**
 * A timestamping authority as OpenSSL is one (`openssl ts`), for tests: queries, replies, tokens, verification, and a
 * server. For tokens that `openssl ts` refuses to make (a certificate for other purposes, a chosen time) the same TSTInfo is
 * signed with `openssl cms`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

import { type Issued, type OpensslPki } from './openssl-pki.js';

export interface QueryOptions {
  /** OpenSSL's name. */
  readonly digest?: string;
  readonly nonce?: boolean;
  readonly certificate?: boolean;
  readonly policy?: string;
}

export interface TsaOptions {
  /** Lines such as `accuracy = secs:1, millisecs:500, microsecs:100`. */
  readonly settings?: readonly string[];
  readonly chain?: readonly Issued[];
}

export interface TstInfoOptions {
  readonly data?: Uint8Array;
  /** SHA-256 of the data, where the data is not at hand. */
  readonly digest?: Uint8Array;
  /** `YYYYMMDDHHMMSS[.f…]Z`. */
  readonly genTime: string;
  readonly more?: readonly string[];
  /** More arguments for `openssl cms -sign`, such as `-keyopt`. */
  readonly signArgs?: readonly string[];
}

export const TEST_POLICY = '1.2.3.4.1';
let files = 0;

export class OpensslTsa {
  private readonly config: string;

  constructor(
    private readonly pki: OpensslPki,
    readonly certificate: Issued,
    { settings = [], chain = [] }: TsaOptions = {},
  ) {
    const name = `tsa-${files++}`;
    writeFileSync(pki.path(`${name}.chain`), chain.map(({ pem }) => pem).join(''));
    writeFileSync(pki.path(`${name}.serial`), '1000\n');
    this.config = pki.path(`${name}.cnf`);
    const lines = [
      '[tsa]',
      'default_tsa=here',
      '[here]',
      `serial=${pki.path(`${name}.serial`)}`,
      'crypto_device=builtin',
      `signer_cert=${certificate.certificatePath}`,
      `signer_key=${certificate.keyPath}`,
      ...(chain.length === 0 ? [] : [`certs=${pki.path(`${name}.chain`)}`]),
      'signer_digest=sha256',
      `default_policy=${TEST_POLICY}`,
      'other_policies=1.2.3.4.2',
      'digests=sha1,sha256,sha384,sha512,sha3-256,sm3',
      'ordering=no',
      'tsa_name=yes',
      ...settings,
      '',
    ];
    writeFileSync(this.config, lines.join('\n'));
  }

  /** A TimeStampReq. */
  static query(pki: OpensslPki, data: Uint8Array, options: QueryOptions = {}): Uint8Array {
    const { digest = 'sha256', nonce = true, certificate = true, policy } = options;
    const file = `data-${files++}`;
    writeFileSync(pki.path(file), data);
    return new Uint8Array(
      pki.run([
        ...['ts', '-query', '-data', file, `-${digest}`],
        ...(nonce ? [] : ['-no_nonce']),
        ...(certificate ? ['-cert'] : []),
        ...(policy === undefined ? [] : ['-tspolicy', policy]),
      ]),
    );
  }

  /** A TimeStampResp. */
  reply(query: Uint8Array): Uint8Array {
    const file = `query-${files++}`;
    writeFileSync(this.pki.path(file), query);
    this.pki.run(['ts', '-reply', '-config', this.config, '-queryfile', file, '-out', `${file}.reply`]);
    return new Uint8Array(readFileSync(this.pki.path(`${file}.reply`)));
  }

  /** A TimeStampToken over `data`. */
  stamp(data: Uint8Array, options: QueryOptions = {}): Uint8Array {
    const file = `reply-${files++}`;
    writeFileSync(this.pki.path(file), this.reply(OpensslTsa.query(this.pki, data, options)));
    this.pki.run(['ts', '-reply', '-in', file, '-token_out', '-out', `${file}.token`]);
    return new Uint8Array(readFileSync(this.pki.path(`${file}.token`)));
  }

  /** Serves replies at `url` until closed. `answer` may serve something else, or nothing at all. */
  async serve(
    answer: (query: Uint8Array) => Uint8Array | undefined = (query) => this.reply(query),
  ): Promise<TsaServer> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const reply = answer(new Uint8Array(Buffer.concat(chunks)));
        if (reply === undefined) return;
        response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
        response.end(reply);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TsaServer(server);
  }
}

export class TsaServer {
  constructor(private readonly server: Server) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/tsa`;
  }

  /** Ends what was asked and not answered. */
  hangUp(): void {
    this.server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A token over `data` with a time of choice, signed by any certificate at all. */
export function signTstInfo(pki: OpensslPki, signer: Issued, options: TstInfoOptions): Uint8Array {
  const file = `info-${files++}`;
  writeFileSync(pki.path(`${file}.cnf`), tstInfoConfig(pki, options));
  pki.run(['asn1parse', '-genconf', `${file}.cnf`, '-noout', '-out', file]);
  const type = ['-econtent_type', '1.2.840.113549.1.9.16.1.4'];
  const how = ['-binary', '-nodetach', '-nosmimecap', '-cades', '-md', 'sha256', '-outform', 'DER'];
  const who = ['-signer', signer.certificatePath, '-inkey', signer.keyPath];
  pki.run([
    'cms',
    '-sign',
    '-in',
    file,
    ...type,
    ...how,
    ...who,
    ...(options.signArgs ?? []),
    '-out',
    `${file}.token`,
  ]);
  return new Uint8Array(readFileSync(pki.path(`${file}.token`)));
}

function tstInfoConfig(
  pki: OpensslPki,
  { data = new Uint8Array(), digest: given, genTime, more = [] }: TstInfoOptions,
): string {
  const hash = given ?? pki.run(['dgst', '-sha256', '-binary'], data);
  const digest = Buffer.from(hash).toString('hex').toUpperCase();
  return [
    'asn1=SEQUENCE:info',
    '[info]',
    'version=INTEGER:1',
    `policy=OID:${TEST_POLICY}`,
    'imprint=SEQUENCE:imprint',
    'serial=INTEGER:0x1234',
    `time=GENERALIZEDTIME:${genTime}`,
    ...more,
    '[imprint]',
    'algorithm=SEQUENCE:algorithm',
    `digest=FORMAT:HEX,OCTETSTRING:${digest}`,
    '[algorithm]',
    'oid=OID:2.16.840.1.101.3.4.2.1',
    'parameters=NULL',
    '',
  ].join('\n');
}
