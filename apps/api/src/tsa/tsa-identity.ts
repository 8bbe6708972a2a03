/**
 * Key and certificate of the service as a timestamping authority: `TSA_KEYS_DIR/tsa.pem`, the private key and then the
 * certificate and its chain, readable by nobody else. The first process that starts makes them; an operator who has a
 * certificate from elsewhere puts it there instead. The log's key is another one, and never here.
 */
import { createPrivateKey, createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { computeKeyid } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { equalBytes, OID, parseCertificate, parsePem, type Certificate } from '@cunzheng/x509';
import { makeTsaIdentity, type TsaSubject } from './make-tsa-identity.js';

export interface TsaIdentity {
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
  /** DER, the authority's own first. */
  readonly chain: readonly Uint8Array[];
  /** Lower-case hex. */
  readonly keyid: string;
}

const FILE = 'tsa.pem';

/** Reads the identity, or makes it if there is none. @throws Error naming the file if it is not one to stamp with. */
export async function openTsaIdentity(directory: string, subject: TsaSubject): Promise<TsaIdentity> {
  const path = join(directory, FILE);
  return parseTsaIdentity(readIfThere(path) ?? (await createFile(directory, path, subject)), path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Linked into place whole: of several processes that start at once one wins, and all use its key. */
async function createFile(directory: string, path: string, subject: TsaSubject): Promise<string> {
  const pem = await makeTsaIdentity(subject);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, pem, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path, 'utf8');
}

function parseTsaIdentity(pem: string, path: string): TsaIdentity {
  const [head = '', ...rest] = pem.split(/(?=-----BEGIN CERTIFICATE-----)/);
  const chain = parsePem(rest.join(''), 'CERTIFICATE');
  const certificate = parseCertificate(chain[0] ?? new Uint8Array());
  const privateKey = createPrivateKey(head);
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  if (!equalBytes(spki, certificate.publicKey.bytes))
    throw new Error(`${path}: the certificate is for another key`);
  const { extendedKeyUsage = [], extensions } = certificate;
  const isCritical = extensions.get(OID.extendedKeyUsage)?.critical === true;
  if (extendedKeyUsage.length !== 1 || extendedKeyUsage[0] !== OID.timeStamping || !isCritical) {
    throw new Error(
      `${path}: the certificate is not for timestamping, critical and alone: clients would refuse its tokens`,
    );
  }
  return { privateKey, certificate, chain, keyid: computeKeyid(nativeCrypto, certificate.publicKey.bytes) };
}
