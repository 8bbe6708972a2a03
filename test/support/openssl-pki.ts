/**
 * Certificates, revocation lists and OCSP responses as OpenSSL makes them: an implementation that shares nothing with ours.
 * Every issuer has a database of its own in a temporary folder; times, extensions and algorithms are the test's.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { requireTool } from './tools.js';

export type KeyType = 'ec-p256' | 'ec-p384' | 'ec-p521' | 'rsa-2048' | 'rsa-1024' | 'ed25519';

export interface Issued {
  readonly name: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly der: Uint8Array;
  readonly pem: string;
}

export interface IssueOptions {
  /** The common name, and the name of the files. */
  readonly name: string;
  readonly organization?: string;
  /** Self-signed without. */
  readonly issuer?: Issued;
  readonly key?: KeyType;
  /** Lines of an OpenSSL extension section. */
  readonly extensions?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** More arguments for `openssl ca`, such as `-sigopt`. */
  readonly args?: readonly string[];
  readonly digest?: string;
}

export interface RevokedCertificate {
  readonly certificate: Issued;
  readonly at: Date;
  readonly reason?: string;
}

const KEY_ARGS: Record<KeyType, readonly string[]> = {
  'ec-p256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'ec-p384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'ec-p521': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'rsa-2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-1024': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  ed25519: ['-algorithm', 'ED25519'],
};

export const CA_EXTENSIONS = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
export const TSA_EXTENSIONS = [
  'basicConstraints=CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=critical,timeStamping',
];
export const SIGNER_EXTENSIONS = [
  'basicConstraints=CA:FALSE',
  'keyUsage=critical,digitalSignature,nonRepudiation',
];

export class OpensslPki {
  readonly directory = mkdtempSync(join(tmpdir(), 'pki-'));
  private readonly openssl = requireTool('openssl');

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Runs openssl in the folder and gives what it prints. */
  run(args: readonly string[], input?: Uint8Array): Buffer {
    return execFileSync(this.openssl, args, {
      cwd: this.directory,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input }),
    });
  }

  issue(options: IssueOptions): Issued {
    const { name, issuer, key = 'ec-p256', extensions = [], args = [], digest = 'sha256' } = options;
    const { notBefore = new Date('2020-01-01T00:00:00Z'), notAfter = new Date('2040-01-01T00:00:00Z') } =
      options;
    const [keyPath, certificatePath] = [this.path(`${name}.key`), this.path(`${name}.crt`)];
    this.run(['genpkey', ...KEY_ARGS[key], '-out', keyPath]);
    this.run([
      'req',
      '-new',
      '-utf8',
      '-key',
      keyPath,
      '-subj',
      `/C=CN/O=${options.organization ?? 'Test'}/CN=${name}`,
      '-out',
      `${name}.csr`,
    ]);
    writeFileSync(this.path(`${name}.ext`), [`[ext]`, ...extensions, ''].join('\n'));
    const config = this.config(issuer?.name ?? name);
    const signer =
      issuer === undefined
        ? ['-selfsign', '-keyfile', keyPath]
        : ['-cert', issuer.certificatePath, '-keyfile', issuer.keyPath];
    const dates = ['-startdate', toAsn1(notBefore), '-enddate', toAsn1(notAfter)];
    const io = [
      '-in',
      `${name}.csr`,
      '-out',
      certificatePath,
      '-extfile',
      `${name}.ext`,
      '-extensions',
      'ext',
    ];
    const common = ['ca', '-batch', '-notext', '-config', config, '-md', digest];
    this.run([...common, ...signer, ...dates, ...io, ...args]);
    return this.read(name, certificatePath, keyPath);
  }

  /** A DER revocation list of the issuer. `extensions` are lines of an OpenSSL section. */
  revocationList(
    issuer: Issued,
    revoked: readonly RevokedCertificate[],
    { thisUpdate, nextUpdate }: { readonly thisUpdate: Date; readonly nextUpdate: Date },
    extensions: readonly string[] = [],
  ): Uint8Array {
    this.writeIndex(issuer, revoked);
    const config = this.path('list.cnf');
    const lines = [readFileSync(this.config(issuer.name), 'utf8'), '[list]', ...extensions, ''];
    writeFileSync(config, lines.join('\n'));
    const times = ['-crl_lastupdate', toAsn1(thisUpdate), '-crl_nextupdate', toAsn1(nextUpdate)];
    const signer = ['-cert', issuer.certificatePath, '-keyfile', issuer.keyPath];
    const section = extensions.length > 0 ? ['-crlexts', 'list'] : [];
    const out = ['-out', 'list.pem'];
    this.run(['ca', '-gencrl', '-config', config, ...section, ...signer, ...times, ...out]);
    return new Uint8Array(this.run(['crl', '-in', 'list.pem', '-outform', 'DER']));
  }

  /** A DER OCSP response of now about a certificate, by the issuer or a responder. */
  ocspResponse(
    issuer: Issued,
    certificate: Issued,
    revoked: readonly RevokedCertificate[],
    responder: Issued = issuer,
  ): Uint8Array {
    this.writeIndex(issuer, revoked, [certificate]);
    const index = ['-index', this.path(`${issuer.name}.index`), '-CA', issuer.certificatePath];
    const signer = ['-rsigner', responder.certificatePath, '-rkey', responder.keyPath];
    const question = ['-issuer', issuer.certificatePath, '-cert', certificate.certificatePath, '-no_nonce'];
    this.run(['ocsp', ...index, ...signer, ...question, '-ndays', '1', '-respout', 'response.der']);
    return new Uint8Array(readFileSync(this.path('response.der')));
  }

  private read(name: string, certificatePath: string, keyPath: string): Issued {
    const pem = readFileSync(certificatePath, 'utf8');
    const der = new Uint8Array(this.run(['x509', '-in', certificatePath, '-outform', 'DER']));
    return { name, certificatePath, keyPath, der, pem };
  }

  private writeIndex(
    issuer: Issued,
    revoked: readonly RevokedCertificate[],
    valid: readonly Issued[] = [],
  ): void {
    const lines = revoked.map(({ certificate, at, reason }) => {
      const when = toAsn1(at).slice(2) + (reason === undefined ? '' : `,${reason}`);
      return `R\t400101000000Z\t${when}\t${this.serial(certificate)}\tunknown\t/CN=${certificate.name}`;
    });
    const isRevoked = (candidate: Issued): boolean =>
      revoked.some(({ certificate }) => certificate === candidate);
    const others = valid
      .filter((certificate) => !isRevoked(certificate))
      .map(
        (certificate) => `V\t400101000000Z\t\t${this.serial(certificate)}\tunknown\t/CN=${certificate.name}`,
      );
    writeFileSync(this.path(`${issuer.name}.index`), [...lines, ...others, ''].join('\n'));
  }

  private serial({ certificatePath }: Issued): string {
    return this.run(['x509', '-in', certificatePath, '-noout', '-serial'])
      .toString()
      .trim()
      .slice('serial='.length);
  }

  /** The configuration of an issuer; made with an empty database on first use. */
  private config(issuer: string): string {
    const file = this.path(`${issuer}.cnf`);
    writeFileSync(this.path(`${issuer}.serial`), `01${randomBytes(8).toString('hex')}\n`);
    if (existsSync(file)) return file;
    const lines = [
      '[ca]',
      'default_ca=here',
      '[here]',
      `database=${this.path(`${issuer}.index`)}`,
      `serial=${this.path(`${issuer}.serial`)}`,
      `new_certs_dir=${this.directory}`,
      'default_md=sha256',
      'policy=any',
      'unique_subject=no',
      'email_in_dn=no',
      'default_crl_days=1',
      '[any]',
      'countryName=optional',
      'organizationName=optional',
      'commonName=supplied',
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    writeFileSync(this.path(`${issuer}.index`), '');
    return file;
  }
}

function toAsn1(date: Date): string {
  return `${date.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;
}
