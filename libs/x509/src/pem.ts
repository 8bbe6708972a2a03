/** Blocks in a PEM file: RFC 7468 §2 and §5; text between the blocks is explanatory and ignored. */
import { base64 } from '@scure/base';
import { X509Error } from './errors.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----/g;

/** The DER of every block, in the order of the file. Throws `pem-invalid` for other blocks, broken ones and none. */
export function parsePem(text: string, label: string): Uint8Array[] {
  const blocks = [...text.matchAll(BLOCK)].map(([, got, body = '']) => {
    if (got !== label) throw new X509Error('pem-invalid', `got a ${got ?? ''} block, want ${label} only`);
    return decode(body.replace(/[\r\n]/g, ''));
  });
  const begun = text.split('-----BEGIN ').length - 1;
  if (blocks.length === 0 || blocks.length !== begun) {
    throw new X509Error('pem-invalid', `got ${blocks.length} of ${begun} whole blocks, want ${label} blocks`);
  }
  return blocks;
}

export function formatPem(der: Uint8Array, label: string): string {
  const lines = base64.encode(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function decode(body: string): Uint8Array {
  try {
    return base64.decode(body);
  } catch (cause) {
    throw new X509Error('pem-invalid', 'got a block that is not base64', { cause });
  }
}
