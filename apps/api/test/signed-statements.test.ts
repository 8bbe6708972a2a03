/** Signers, the challenge that proves a key, and envelopes: what is refused, by which name, and that nothing is stored. */
import { randomBytes } from 'node:crypto';
import { eventually } from '@test/eventually.js';
import { accept } from '@test/receipts.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  fingerprintOf,
  registerSigner,
  requestChallenge,
  signBytes,
  signEnvelope,
  statementOf,
  type EnvelopeJson,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { SignerKeys } from '../src/signers/signer-keys.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const NO_CHALLENGE = '00000000-0000-4000-8000-000000000000';

describe('signers and signed statements', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let signer: string;
  let key: SigningKey;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
    key = createSigningKey();
    signer = await registerSigner(http, '张三', key);
  });

  afterAll(() => stack.close());

  async function expectRefused(status: number, code: string, send: () => Promise<Answer>): Promise<Answer> {
    const before = await stack.countRows();
    const answer = await send();
    expect([answer.status, answer.problem]).toEqual([status, code]);
    expect(await stack.countRows()).toEqual(before);
    return answer;
  }

  describe('a signer', () => {
    test('is created with its identity and read back with its keys', async () => {
      const identity = {
        name: '李四 Li Si',
        identifiers: [{ scheme: 'cn-credit-code', value: '91110000MA00000000' }],
        verification: { method: 'licence seen', by: 'notary', at: '2026-03-04T05:06:07.089Z', note: '原件' },
      };
      const created = await http.post('/v1/signers', identity);
      expect(created.status).toBe(201);
      const { id } = created.json<{ id: string }>();
      expect(created.headers['location']).toBe(`/v1/signers/${id}`);
      const keys = [createSigningKey('ed25519'), createSigningKey('ecdsa-p256-sha256')];
      for (const each of keys) {
        const { challenge, message } = await requestChallenge(http, id, each);
        expect(message.toString()).toMatch(
          new RegExp(
            `^cunzheng/key-challenge@v1\\norganization ${tenant.id}\\nsigner ${id}\\nkeyid ${each.keyid}\\nnonce [0-9a-f]{32}\\n$`,
          ),
        );
        const proof = {
          alg: each.alg,
          publicKey: base64(each.spki),
          challenge,
          signature: base64(signBytes(each, message)),
        };
        const registered = await http.post(`/v1/signers/${id}/keys`, proof);
        expect([registered.status, registered.headers['location']]).toEqual([201, `/v1/signers/${id}`]);
        expect(registered.json()).toMatchObject({ keyid: each.keyid, alg: each.alg });
      }
      const read = (await http.get(`/v1/signers/${id}`)).json<object>();
      expect(read).toMatchObject({ id, ...identity, keys: keys.map(({ keyid, alg }) => ({ keyid, alg })) });
      expect((await http.get(`/v1/signers/${id.toUpperCase()}`)).json<object>()).toEqual(read);
    });
  });

  describe('a challenge', () => {
    const prove = (
      answering: SigningKey,
      challenge: string,
      signature: Uint8Array,
      to = signer,
      client = http,
    ): Promise<Answer> =>
      client.post(`/v1/signers/${to}/keys`, {
        alg: answering.alg,
        publicKey: base64(answering.spki),
        challenge,
        signature: base64(signature),
      });

    test('proves one key of one signer, once', async () => {
      const fresh = createSigningKey();
      const { challenge, message } = await requestChallenge(http, signer, fresh);
      const signature = signBytes(fresh, message);
      const other = await registerSigner(http, 'other');
      const stranger = createSigningKey();
      await expectRefused(422, 'challenge-invalid', () => prove(fresh, NO_CHALLENGE, signature));
      await expectRefused(422, 'challenge-invalid', () => prove(fresh, challenge, signature, other));
      await expectRefused(422, 'challenge-invalid', () =>
        prove(stranger, challenge, signBytes(stranger, message)),
      );
      await expectRefused(422, 'challenge-invalid', () =>
        prove(fresh, challenge, signBytes(stranger, message)),
      );
      await expectRefused(422, 'challenge-invalid', () =>
        prove(fresh, challenge, signBytes(fresh, Buffer.concat([message, Buffer.of(0)]))),
      );
      await expectRefused(422, 'challenge-invalid', () => prove(fresh, challenge, Buffer.alloc(0)));
      const foreign = await stack.createTenant();
      const theirs = api.http.as(foreign.token);
      const theirSigner = await registerSigner(theirs, 'theirs');
      await expectRefused(404, 'not-found', () => prove(fresh, challenge, signature, signer, theirs));
      await expectRefused(422, 'challenge-invalid', () =>
        prove(fresh, challenge, signature, theirSigner, theirs),
      );
      // None of these has used it up.
      expect((await prove(fresh, challenge, signature)).status).toBe(201);
      await expectRefused(422, 'challenge-invalid', () => prove(fresh, challenge, signature));
    });

    test('runs out', async () => {
      const fresh = createSigningKey();
      const { challenge, message } = await requestChallenge(http, signer, fresh);
      await stack.query("UPDATE key_challenge SET expires_at = now() - interval '1 second' WHERE id = $1", [
        challenge,
      ]);
      await expectRefused(422, 'challenge-invalid', () => prove(fresh, challenge, signBytes(fresh, message)));
    });

    test('answered twice at once registers the key once', async () => {
      const fresh = createSigningKey('ecdsa-p256-sha256');
      const { challenge, message } = await requestChallenge(http, signer, fresh);
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => prove(fresh, challenge, signBytes(fresh, message))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422, 422]);
    });

    test('a key is registered once in an organization, and may be in another', async () => {
      const again = await requestChallenge(http, signer, key);
      await expectRefused(409, 'key-registered', () =>
        prove(key, again.challenge, signBytes(key, again.message)),
      );
      const foreign = api.http.as((await stack.createTenant()).token);
      await registerSigner(foreign, 'the same key elsewhere', key);
    });
  });

  describe('an envelope', () => {
    const envelopeOf = (members: Record<string, unknown> = {}, keys = [key]): EnvelopeJson =>
      signEnvelope(canonical(statementOf(tenant.id, keys, members)), keys);
    const post = (envelope: unknown, fields: object = {}): Promise<Answer> =>
      http.post('/v1/evidence', { envelope, ...fields });

    test('as it should be is accepted, with fields that agree or without', async () => {
      const fingerprints = [fingerprintOf('x'), fingerprintOf('x', 'sm3')];
      const members = {
        fingerprints,
        title: 't',
        mediaType: 'a/b',
        sizeBytes: 0,
        clientRef: 'env/1',
        metadata: [{ name: 'n', value: '' }],
        provenance: 'p',
      };
      const { title, mediaType, sizeBytes, clientRef, metadata, provenance } = members;
      const agreeing = {
        fingerprints: [...fingerprints].reverse(),
        title,
        mediaType,
        sizeBytes,
        clientRef,
        metadata,
        provenance,
      };
      expect((await post(envelopeOf(members), agreeing)).status).toBe(202);
      expect((await post(envelopeOf())).status).toBe(202);
    });

    test.each<[string, (payload: string) => string]>([
      ['space', (payload) => payload.replace(':', ': ')],
      [
        'members in another order',
        (payload) => payload.replace(/^\{("createdAt":"[^"]+"),(.*)\}$/, '{$2,$1}'),
      ],
      ['a line end', (payload) => `${payload}\n`],
      ['an escape that is not needed', (payload) => payload.replace('localhost', 'loc\\u0061lhost')],
      ['a member twice', (payload) => payload.replace('{', '{"createdAt":"2026-01-01T00:00:00.000Z",')],
      ['a byte order mark', (payload) => `\ufeff${payload}`],
      ['another format', (payload) => payload.replace('statement@v1', 'statement@v2')],
      ['an unknown member', (payload) => payload.replace(/\}$/, ',"zzz":"1"}')],
      ['a missing member', (payload) => payload.replace(/"nonce":"[0-9a-f]+",/, '')],
      ['no JSON', () => 'statement'],
      ['nothing', () => ''],
    ])('not canonical, or no statement: %s', async (_, change) => {
      await expectRefused(422, 'envelope-invalid', () =>
        post(signEnvelope(change(canonical(statementOf(tenant.id, [key]))), [key])),
      );
    });

    test.each<[string, Record<string, unknown>]>([
      ['a fraction', { sizeBytes: 1.5 }],
      ['a negative number', { sizeBytes: -1 }],
      ['null', { title: null }],
      ['true', { title: true }],
      ['NUL', { title: 'a\0' }],
      ['a noncharacter', { title: '\ufdd0' }],
      ['an algorithm twice', { fingerprints: [fingerprintOf('x'), fingerprintOf('y')] }],
      ['fingerprints not in order', { fingerprints: [fingerprintOf('x', 'sm3'), fingerprintOf('x')] }],
      ['no fingerprint', { fingerprints: [] }],
      ['a digest in upper case', { fingerprints: [{ algorithm: 'sha-256', digest: 'A'.repeat(64) }] }],
      ['an unknown algorithm', { fingerprints: [{ algorithm: 'md5', digest: 'a'.repeat(32) }] }],
      ['a short nonce', { nonce: 'ab' }],
      ['a time without milliseconds', { createdAt: '2026-01-01T00:00:00Z' }],
      ['no signers', { signers: [] }],
      // Far beyond the five minutes: they begin when this file is read, not when the statement is sent.
      ['a time to come', { createdAt: new Date(Date.now() + 86_400_000).toISOString() }],
    ])('a statement with %s', async (_, members) => {
      await expectRefused(422, 'envelope-invalid', () => post(envelopeOf(members)));
    });

    test('a little clock skew is taken, and a statement of long ago', async () => {
      expect(
        (await post(envelopeOf({ createdAt: new Date(Date.now() + 200_000).toISOString() }))).status,
      ).toBe(202);
      expect((await post(envelopeOf({ createdAt: '2001-01-01T00:00:00.000Z' }))).status).toBe(202);
    });

    test('the wrong number, order or names of signatures', async () => {
      const second = createSigningKey();
      await registerSigner(http, 'second', second);
      const good = envelopeOf({}, [key, second]);
      expect((await post(good)).status).toBe(202);
      const [first, last] = envelopeOf({}, [key, second]).signatures as [
        EnvelopeJson['signatures'][0],
        EnvelopeJson['signatures'][0],
      ];
      for (const signatures of [[first], [last, first], [first, first], [first, last, last]]) {
        await expectRefused(422, 'envelope-invalid', () => post({ ...good, signatures }));
      }
      const twice = statementOf(tenant.id, [key, key]);
      await expectRefused(422, 'envelope-invalid', () => post(signEnvelope(canonical(twice), [key, key])));
    });

    test('an envelope that is no envelope', async () => {
      const good = envelopeOf();
      for (const envelope of [
        { ...good, payloadType: 'application/json' },
        { ...good, payload: '%' },
        { ...good, extra: 1 },
        { ...good, signatures: [] },
        { ...good, signatures: [{ ...good.signatures[0], alg: 'none' }] },
        { ...good, signatures: [{ keyid: key.keyid.toUpperCase(), sig: good.signatures[0]?.sig }] },
        'x',
        [],
      ]) {
        await expectRefused(422, 'invalid-content', () => post(envelope));
      }
      await expectRefused(422, 'invalid-content', () => post(good, { signers: [{ name: 'x' }] }));
    });

    test('replayed from another organization, even one that registered the same key', async () => {
      const foreign = await stack.createTenant();
      const theirs = api.http.as(foreign.token);
      await registerSigner(theirs, 'the same person', key);
      const envelope = envelopeOf();
      await expectRefused(422, 'envelope-mismatch', () => theirs.post('/v1/evidence', { envelope }));
      expect((await post(envelope)).status).toBe(202);
    });

    test('meant for another service', async () => {
      await expectRefused(422, 'envelope-mismatch', () => post(envelopeOf({ service: 'notary.example' })));
      await expectRefused(422, 'envelope-invalid', () => post(envelopeOf({ service: 'https://localhost' })));
    });

    test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
      ['fingerprints', {}, { fingerprints: [fingerprintOf('other')] }],
      [
        'fewer fingerprints',
        { fingerprints: [fingerprintOf('x'), fingerprintOf('x', 'sm3')] },
        { fingerprints: [fingerprintOf('x')] },
      ],
      ['title', { title: 'a' }, { title: 'b' }],
      ['mediaType', { mediaType: 'a/b' }, { mediaType: 'a/c' }],
      ['sizeBytes', { sizeBytes: 1 }, { sizeBytes: 2 }],
      ['clientRef', { clientRef: 'a' }, { clientRef: 'b' }],
      ['metadata', { metadata: [{ name: 'a', value: 'b' }] }, { metadata: [{ name: 'a', value: 'c' }] }],
      ['provenance', { provenance: 'a' }, { provenance: 'b' }],
      ['a title that was not signed', {}, { title: 'b' }],
      ['a reference that was not signed', {}, { clientRef: 'b' }],
    ])('disagrees with the fields: %s', async (_, members, fields) => {
      const answer = await expectRefused(422, 'envelope-mismatch', () => post(envelopeOf(members), fields));
      expect(answer.json<{ errors: { pointer: string }[] }>().errors[0]?.pointer).toBe(
        `/${Object.keys(fields)[0]!}`,
      );
    });

    test('whose signature fails', async () => {
      const [good, other] = [envelopeOf({ nonce: 'a'.repeat(32) }), envelopeOf({ nonce: 'b'.repeat(32) })];
      const plain = base64(signBytes(key, Buffer.from(good.payload, 'base64')));
      for (const sig of [other.signatures[0]!.sig, plain, base64(randomBytes(64)), base64(randomBytes(10))]) {
        await expectRefused(422, 'signature-invalid', () =>
          post({ ...good, signatures: [{ keyid: key.keyid, sig }] }),
        );
      }
    });

    test('one bad signature of two refuses both', async () => {
      const p256 = createSigningKey('ecdsa-p256-sha256');
      await registerSigner(http, 'p256', p256);
      const good = envelopeOf({}, [key, p256]);
      const forged = {
        ...good,
        signatures: [
          good.signatures[0],
          { keyid: p256.keyid, sig: base64(signBytes(p256, Buffer.from('x'))) },
        ],
      };
      await expectRefused(422, 'signature-invalid', () => post(forged));
      expect((await post(good)).status).toBe(202);
    });

    test('whose key is unknown, foreign, or of another algorithm than it says', async () => {
      const unknown = createSigningKey();
      await expectRefused(422, 'key-unknown', () => post(envelopeOf({}, [unknown])));
      const foreign = await stack.createTenant();
      await registerSigner(api.http.as(foreign.token), 'foreign', unknown);
      await expectRefused(422, 'key-unknown', () => post(envelopeOf({}, [unknown])));
      const mislabelled = envelopeOf({ signers: [{ alg: 'ecdsa-p256-sha256', keyid: key.keyid }] });
      await expectRefused(422, 'key-unknown', () => post(mislabelled));
      const later = envelopeOf({ signers: [{ alg: 'sm2-sm3', keyid: key.keyid }] });
      await expectRefused(422, 'key-unknown', () => post(later));
    });

    test('whose key is revoked, from that moment on; what was accepted before stays readable', async () => {
      const fresh = createSigningKey();
      await registerSigner(http, 'revoked', fresh);
      const before = await accept(http, { envelope: envelopeOf({}, [fresh]) });
      const forget = jest.spyOn(api.app.get(SignerKeys), 'forget');
      await stack.query('UPDATE signer_key SET revoked_at = now() WHERE keyid = $1', [
        Buffer.from(fresh.keyid, 'hex'),
      ]);
      await eventually('the revocation is heard', () => forget.mock.calls.length > 0);
      await expectRefused(422, 'key-revoked', () => post(envelopeOf({}, [fresh])));
      expect((await http.get(`/v1/evidence/${before.id}`)).status).toBe(200);
    });

    test('the same envelope twice is two records; with a clientRef it is one', async () => {
      const envelope = envelopeOf();
      expect([(await post(envelope)).status, (await post(envelope)).status]).toEqual([202, 202]);
      const referenced = envelopeOf({ clientRef: 'envelope/once' });
      expect([(await post(referenced)).status, (await post(referenced)).status]).toEqual([202, 200]);
    });
  });
});
