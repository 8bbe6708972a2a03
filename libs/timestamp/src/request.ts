/** TimeStampReq: RFC 3161 §2.4.1 in strict DER. */
import { DerReader, parseDer, context, readBoolean, readExtensions, TAG } from '@cunzheng/x509';
import { reading } from './malformed.js';
import { type MessageImprint, readMessageImprint } from './message-imprint.js';
import { bounded } from './tst-info.js';

export interface TimestampQuery {
  readonly version: number;
  readonly imprint: MessageImprint;
  /** Dotted decimal, if a policy is asked for. */
  readonly policy: string | undefined;
  /** The content of the INTEGER. */
  readonly nonce: Uint8Array | undefined;
  /** Whether the certificate is to be in the token. */
  readonly wantsCertificate: boolean;
  readonly extensions: readonly string[];
}

/** Throws TimestampError `request-malformed`. */
export function parseTimestampQuery(bytes: Uint8Array): TimestampQuery {
  return reading('request-malformed', () => {
    const reader = new DerReader(parseDer(bytes), 'timestamp request');
    const version = reader.smallInteger('version');
    const imprint = readMessageImprint(reader.sequence('imprint'));
    const policy = reader.peek(TAG.oid) ? reader.oid('policy') : undefined;
    const nonce = reader.optional(TAG.integer)?.content;
    const wantsCertificate = readBoolean(reader);
    const list = reader.optional(context(0));
    reader.end();
    const extensions = list === undefined ? [] : [...readExtensions({ ...list, tag: TAG.sequence }).keys()];
    return { version, imprint, policy, nonce: nonce && bounded(reader, nonce), wantsCertificate, extensions };
  });
}
