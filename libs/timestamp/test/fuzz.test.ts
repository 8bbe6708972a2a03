/** Real tokens, queries and replies with damage: verified or refused by a code, never anything else, and never trusted. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  parseTimestampQuery,
  parseTimestampResponse,
  TimestampError,
  verifyToken,
} from '@cunzheng/timestamp';
import { mutations } from '@test/mutations.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa } from '@test/openssl-tsa.js';
import { describeWithTool } from '@test/tools.js';
import fc from 'fast-check';

const DATA = new TextEncoder().encode('fuzzed');

describeWithTool('openssl', 'hostile bytes', () => {
  const pki = new OpensslPki();
  const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
  const certificate = pki.issue({ name: 'tsa', issuer: root, extensions: TSA_EXTENSIONS });
  const tsa = new OpensslTsa(pki, certificate, { settings: ['accuracy=millisecs:500'] });
  const query = OpensslTsa.query(pki, DATA);
  const reply = tsa.reply(query);
  const token = parseTimestampResponse(reply);
  afterAll(() => {
    pki.remove();
  });

  it.each<[string, Uint8Array, (bytes: Uint8Array) => unknown]>([
    ['query', query, parseTimestampQuery],
    ['reply', reply, parseTimestampResponse],
  ])('a mutated %s', (_, original, parse) => {
    fc.assert(
      fc.property(mutations(original), (bytes) => {
        try {
          parse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TimestampError);
        }
      }),
      { seed: 3161, numRuns: 2000 },
    );
  });

  it('a mutated token never says something else', async () => {
    const verify = async (bytes: Uint8Array): Promise<unknown> => {
      const { genTimeMs, serialNumber, tsa } = await verifyToken(portableCrypto, {
        token: bytes,
        stamped: { data: DATA },
        roots: [root.der],
      });
      return { genTimeMs, serialNumber, tsa };
    };
    const original = await verify(token);
    await fc.assert(
      fc.asyncProperty(mutations(token), async (bytes) => {
        try {
          expect(await verify(bytes)).toEqual(original);
        } catch (error) {
          if (!(error instanceof TimestampError)) throw error;
        }
      }),
      { seed: 3161, numRuns: 1500 },
    );
  });
});
