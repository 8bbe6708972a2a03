/** Inputs that the API must refuse, as they are sent. */
import { fingerprintOf } from '@test/evidence.js';

const DIGEST = fingerprintOf('bad input').digest;
export const PRINT = `{"algorithm":"sha-256","digest":"${DIGEST}"}`;
/** One item as JSON text with further members. */
export const item = (members: string): string => `{"fingerprints":[${PRINT}],${members}}`;
export const prints = (fingerprints: string): string => `{"fingerprints":${fingerprints}}`;
const print = (algorithm: string, digest: string): string =>
  prints(`[{"algorithm":"${algorithm}","digest":"${digest}"}]`);
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Items that do not fit: title, JSON text, pointer of the first error. */
export const ITEMS: [string, string, string][] = [
  ['unknown algorithm', print('md5', DIGEST.slice(32)), '/fingerprints/0/algorithm'],
  ['algorithm in upper case', print('SHA-256', DIGEST), '/fingerprints/0/algorithm'],
  ['digest too short', print('sha-256', DIGEST.slice(1)), '/fingerprints/0/digest'],
  ['digest of another algorithm', print('sha-512', DIGEST), '/fingerprints/0/digest'],
  ['digest too long', print('sm3', `${DIGEST}00`), '/fingerprints/0/digest'],
  ['digest in upper case', print('sha-256', DIGEST.toUpperCase()), '/fingerprints/0/digest'],
  ['digest not hex', print('sha-256', `${DIGEST.slice(1)}g`), '/fingerprints/0/digest'],
  ['digest with a line end', print('sha-256', `${DIGEST}\\n`), '/fingerprints/0/digest'],
  ['digest no string', prints('[{"algorithm":"sha-256","digest":7}]'), '/fingerprints/0/digest'],
  ['digest missing', prints('[{"algorithm":"sha-256"}]'), '/fingerprints/0/digest'],
  ['no fingerprints', '{"title":"x"}', '/fingerprints'],
  ['empty fingerprints', prints('[]'), '/fingerprints'],
  ['fingerprints no array', prints(PRINT), '/fingerprints'],
  ['fingerprints null', prints('null'), '/fingerprints'],
  ['an algorithm twice', prints(`[${PRINT},${PRINT}]`), '/fingerprints'],
  ['six fingerprints', prints(`[${Array(6).fill(PRINT).join(',')}]`), '/fingerprints'],
  ['unknown member', item('"note":"x"'), ''],
  [
    'unknown member of a fingerprint',
    prints(`[{"algorithm":"sha-256","digest":"${DIGEST}","size":1}]`),
    '/fingerprints/0',
  ],
  ['unknown member of a signer', item('"signers":[{"name":"x","email":"y"}]'), '/signers/0'],
  [
    'unknown member of an item of metadata',
    item('"metadata":[{"name":"x","value":"y","z":"z"}]'),
    '/metadata/0',
  ],
  ['__proto__', item('"__proto__":{"title":"x"}'), ''],
  ['constructor', item('"constructor":{}'), ''],
  ['member name outside ASCII', item('"ti\\u200btle":"x"'), ''],
  ['NUL in a title', item('"title":"a\\u0000b"'), '/title'],
  ['NUL in a client reference', item('"clientRef":"\\u0000"'), '/clientRef'],
  ['NUL in metadata', item('"metadata":[{"name":"x","value":"\\u0000"}]'), '/metadata/0/value'],
  ['NUL in a signer', item('"signers":[{"name":"\\u0000"}]'), '/signers/0/name'],
  ['lone high surrogate', item('"title":"\\ud800"'), '/title'],
  ['lone low surrogate', item('"provenance":"x\\udc00y"'), '/provenance'],
  ['surrogates the wrong way round', item('"clientRef":"\\udc00\\ud800"'), '/clientRef'],
  ['noncharacter U+FFFE', item('"title":"\\ufffe"'), '/title'],
  ['noncharacter U+FDD0', item('"signers":[{"name":"\\ufdd0"}]'), '/signers/0/name'],
  ['noncharacter U+10FFFF', item('"title":"\\udbff\\udfff"'), '/title'],
  ['2^53', item('"sizeBytes":9007199254740992'), '/sizeBytes'],
  ['2^53 + 1', item('"sizeBytes":9007199254740993'), '/sizeBytes'],
  ['a number beyond doubles', item('"sizeBytes":1e400'), '/sizeBytes'],
  ['a fraction', item('"sizeBytes":1.5'), '/sizeBytes'],
  ['a negative number', item('"sizeBytes":-1'), '/sizeBytes'],
  ['minus zero', item('"sizeBytes":-0'), '/sizeBytes'],
  ['a number as text', item('"sizeBytes":"1"'), '/sizeBytes'],
  ['null', item('"title":null'), '/title'],
  ['true', item('"title":true'), '/title'],
  ['empty title', item('"title":""'), '/title'],
  ['title too long', item(`"title":"${'字'.repeat(501)}"`), '/title'],
  ['client reference too long', item(`"clientRef":"${'x'.repeat(201)}"`), '/clientRef'],
  ['media type without a subtype', item('"mediaType":"pdf"'), '/mediaType'],
  ['media type with a parameter', item('"mediaType":"text/plain; charset=utf-8"'), '/mediaType'],
  [
    'metadata name twice',
    item('"metadata":[{"name":"x","value":"1"},{"name":"x","value":"2"}]'),
    '/metadata',
  ],
  ['empty metadata', item('"metadata":[]'), '/metadata'],
  [
    '51 items of metadata',
    item(`"metadata":[${Array.from({ length: 51 }, (_, i) => `{"name":"${i}","value":""}`).join(',')}]`),
    '/metadata',
  ],
  ['no signers in signers', item('"signers":[]'), '/signers'],
  ['eleven signers', item(`"signers":[${Array(11).fill('{"name":"x"}').join(',')}]`), '/signers'],
  [
    'time of verification without milliseconds',
    item('"signers":[{"name":"x","verification":{"method":"m","at":"2026-01-01T00:00:00Z"}}]'),
    '/signers/0/verification/at',
  ],
  [
    'time of verification that does not exist',
    item('"signers":[{"name":"x","verification":{"method":"m","at":"2026-02-30T00:00:00.000Z"}}]'),
    '/signers/0/verification/at',
  ],
  ['deep nesting in a member', item(`"metadata":${nested(8)}`), '/metadata/0'],
  ['deep nesting in an unknown member', item(`"x":${nested(28)}`), ''],
  ['no object: an array', '[]', ''],
  ['no object: a string', '"x"', ''],
  ['no object: a number', '1', ''],
  ['no object: null', 'null', ''],
];

/** Bodies that are no JSON to us. */
export const UNPARSABLE: [string, string | Buffer][] = [
  ['empty body', ''],
  ['only space', ' \n'],
  ['cut off', `{"fingerprints":[${PRINT}`],
  ['something after the end', `${prints(`[${PRINT}]`)}x`],
  ['trailing comma', `{"fingerprints":[${PRINT}],}`],
  ['single quotes', "{'title':'x'}"],
  ['a comment', `/* x */${prints(`[${PRINT}]`)}`],
  ['NaN', item('"sizeBytes":NaN')],
  ['a raw control character', item('"title":"a\nb"')],
  ['a raw NUL', item('"title":"a\0b"')],
  ['byte order mark', Buffer.concat([Buffer.from('efbbbf', 'hex'), Buffer.from(prints(`[${PRINT}]`))])],
  [
    'ill-formed UTF-8',
    Buffer.concat([Buffer.from('{"title":"'), Buffer.from('ff', 'hex'), Buffer.from('"}')]),
  ],
  [
    'overlong UTF-8',
    Buffer.concat([Buffer.from('{"title":"'), Buffer.from('c0af', 'hex'), Buffer.from('"}')]),
  ],
  [
    'a surrogate in UTF-8',
    Buffer.concat([Buffer.from('{"title":"'), Buffer.from('eda080', 'hex'), Buffer.from('"}')]),
  ],
  ['UTF-16', Buffer.from(prints(`[${PRINT}]`), 'utf16le')],
  ['a member twice', item('"title":"x","title":"y"')],
  ['a member twice, once escaped', item('"title":"x","titl\\u0065":"y"')],
  [
    'a member of a member twice',
    prints(`[{"algorithm":"sha-256","digest":"${DIGEST}","digest":"${DIGEST}"}]`),
  ],
  ['a member twice beside colons in strings', item('"title":"a:\\"b\\\\","title":"::"')],
  ['100,000 arrays', nested(100_000)],
  ['100,000 objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
];

export const QUERIES: [string, string][] = [
  ['limit=0', 'limit=0'],
  ['limit too large', 'limit=201'],
  ['limit no number', 'limit=ten'],
  ['limit empty', 'limit='],
  ['limit a fraction', 'limit=1.5'],
  ['limit in hexadecimal', 'limit=0x10'],
  ['limit twice', 'limit=1&limit=2'],
  ['unknown parameter', 'colour=red'],
  ['unknown state', 'state=lost'],
  ['state twice', 'state=accepted&state=anchored'],
  ['fingerprint without algorithm', `fingerprint=${DIGEST}`],
  ['fingerprint of an unknown algorithm', `fingerprint=md5:${DIGEST}`],
  ['fingerprint of the wrong length', `fingerprint=sha-512:${DIGEST}`],
  ['fingerprint in upper case', `fingerprint=sha-256:${DIGEST.toUpperCase()}`],
  ['empty client reference', 'clientRef='],
  ['client reference too long', `clientRef=${'x'.repeat(201)}`],
  ['NUL in a client reference', 'clientRef=a%00b'],
  ['cursor no id', 'cursor=next'],
  ['time no time', 'acceptedFrom=yesterday'],
  ['time without a zone', 'acceptedBefore=2026-01-01T00:00:00'],
  ['time that does not exist', 'acceptedFrom=2026-13-01T00:00:00Z'],
];
