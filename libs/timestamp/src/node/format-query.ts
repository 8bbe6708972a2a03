/** TimeStampReq as a client sends it: RFC 3161 §2.4.1, with a nonce and the wish for the certificate. */
import { getDigestOid } from '@cunzheng/x509';
import { Integer, Null, OctetString } from 'asn1js';
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from 'pkijs';

export interface QueryInput {
  /** A digest of @cunzheng/crypto. */
  readonly algorithm: string;
  readonly digest: Uint8Array;
  /** The content of the nonce's INTEGER: positive and shortest. */
  readonly nonce: Uint8Array;
}

export function formatTimestampQuery({ algorithm, digest, nonce }: QueryInput): Uint8Array {
  const oid = getDigestOid(algorithm);
  if (oid === undefined) throw new TypeError(`got digest ${algorithm}, want one with an object identifier`);
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: oid, algorithmParams: new Null() }),
      hashedMessage: new OctetString({ valueHex: new Uint8Array(digest) }),
    }),
    nonce: new Integer({ valueHex: new Uint8Array(nonce) }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}
