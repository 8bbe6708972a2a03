/** An authority that is OpenSSL and whose time is off by as much as a test likes. */
import { parseTimestampQuery } from '@cunzheng/timestamp';
import { type Issued, type OpensslPki } from '@test/openssl-pki.js';
import { OpensslTsa, signTstInfo, type TsaServer } from '@test/openssl-tsa.js';

export interface ShiftedTsa {
  readonly server: TsaServer;
  /** Its time minus the true one. */
  aheadMs: number;
}

export async function startShiftedTsa(pki: OpensslPki, certificate: Issued): Promise<ShiftedTsa> {
  const right = new OpensslTsa(pki, certificate);
  const state = { aheadMs: 0 };
  const server = await right.serve((query) => {
    if (state.aheadMs === 0) return right.reply(query);
    const { imprint, nonce = new Uint8Array() } = parseTimestampQuery(query);
    const token = signTstInfo(pki, certificate, {
      digest: imprint.digest,
      genTime: formatGenTime(Date.now() + state.aheadMs),
      more: [`nonce=INTEGER:0x${Buffer.from(nonce).toString('hex')}`],
    });
    return granted(token);
  });
  return Object.assign(state, { server });
}

function formatGenTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** TimeStampResp with status 0. */
function granted(token: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from('3003020100', 'hex'), token]);
  const head = Buffer.from([0x30, 0x82, body.length >> 8, body.length & 0xff]);
  return new Uint8Array(Buffer.concat([head, body]));
}
