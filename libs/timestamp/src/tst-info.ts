/** TSTInfo: RFC 3161 §2.4.2, what an authority says in a token, in strict DER. */
import {
  context,
  contextPrimitive,
  DerReader,
  formatSerial,
  parseDer,
  parseGeneralizedTime,
  readBoolean,
  readExtensions,
  readSmallInteger,
  requireKnownCritical,
  TAG,
} from '@cunzheng/x509';
import { type MessageImprint, readMessageImprint } from './message-imprint.js';

export interface TstInfo {
  /** Dotted decimal. */
  readonly policy: string;
  readonly imprint: MessageImprint;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** Milliseconds since 1970; a time given more exactly is rounded up. */
  readonly genTimeMs: number;
  /** Rounded up; undefined if the token does not say. */
  readonly accuracyMs: number | undefined;
  /** The content of the INTEGER. */
  readonly nonce: Uint8Array | undefined;
}

const MAX_INTEGER_BYTES = 64;

/** Throws X509Error `der-*`, `structure-invalid`, `extension-unsupported`. */
export function readTstInfo(bytes: Uint8Array): TstInfo {
  const reader = new DerReader(parseDer(bytes), 'TSTInfo');
  if (reader.smallInteger('version') !== 1) throw reader.malformed('another version than 1');
  const policy = reader.oid('policy');
  const imprint = readMessageImprint(reader.sequence('imprint'));
  const serialNumber = formatSerial(bounded(reader, reader.integer('serial number')));
  const genTimeMs = parseGeneralizedTime(reader.expect(TAG.generalizedTime, 'genTime').content);
  if (genTimeMs === undefined) throw reader.malformed('a time that does not exist');
  const accuracyMs = reader.peek(TAG.sequence) ? readAccuracy(reader.sequence('accuracy')) : undefined;
  readBoolean(reader); // ordering: nothing here depends on the order of tokens
  const nonce = reader.optional(TAG.integer)?.content;
  reader.optional(context(0)); // tsa: a hint; who stamped is whose certificate signed
  const extensions = reader.optional(context(1));
  reader.end();
  if (extensions !== undefined) {
    const list = readExtensions({ ...extensions, tag: TAG.sequence });
    requireKnownCritical(list, new Set(), 'TSTInfo');
  }
  return { policy, imprint, serialNumber, genTimeMs, accuracyMs, nonce: nonce && bounded(reader, nonce) };
}

/** Accuracy: `{seconds?, [0] millis 1..999?, [1] micros 1..999?}`. */
function readAccuracy(reader: DerReader): number {
  const seconds = reader.optional(TAG.integer);
  const parts = [seconds, reader.optional(contextPrimitive(0)), reader.optional(contextPrimitive(1))];
  reader.end();
  const [s = 0, ms = 0, us = 0] = parts.map((part) =>
    part === undefined ? 0 : readSmallInteger(part.content, 'accuracy'),
  );
  if (ms > 999 || us > 999) throw reader.malformed('an accuracy with a part above 999');
  return s * 1000 + ms + Math.ceil(us / 1000);
}

export function bounded(reader: DerReader, integer: Uint8Array): Uint8Array {
  if (integer.length > MAX_INTEGER_BYTES) throw reader.malformed('an INTEGER that is too long');
  return integer;
}
