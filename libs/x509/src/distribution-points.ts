/**
 * Where the issuer of a certificate publishes its revocation list: CRLDistributionPoints, RFC 5280 §4.2.1.13. Only points that
 * speak of all reasons and of the issuer's own list are of use here, and of their names only HTTP ones: what parseCrl refuses
 * or what nobody fetches here is left out, not refused. The certificate says so itself: believe the chain before the address.
 */
import { type Certificate } from './certificate.js';
import { context, contextPrimitive, DerReader } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { isBitString } from './der/universal.js';
import { X509Error } from './errors.js';
import { OID } from './oids.js';

const MAX_URIS = 8;
const MAX_URI_LENGTH = 2_000;

/** GeneralName: `[0]`…`[8]`, URI is 6. */
const CONTEXT_CLASS = 0x80;
const CLASS_BITS = 0xc0;
const NUMBER_BITS = 0x1f;
const LAST_GENERAL_NAME = 8;
const URI = contextPrimitive(6);

/** At most 8 `http` and `https` URIs of one same list, in order. Throws X509Error `der-*` or `structure-invalid`. */
export function readDistributionPoints({ extensions }: Pick<Certificate, 'extensions'>): readonly string[] {
  const extension = extensions.get(OID.crlDistributionPoints);
  if (extension === undefined) return [];
  const reader = DerReader.parse(extension.value, 'distribution points');
  if (!reader.hasMore) throw reader.malformed('an empty list');
  return reader.rest(readPoint).flat().slice(0, MAX_URIS);
}

/** None where the extension cannot be read: a chain holds without it. */
export function tryReadDistributionPoints(certificate: Certificate): readonly string[] {
  try {
    return readDistributionPoints(certificate);
  } catch (error) {
    if (error instanceof X509Error) return [];
    throw error;
  }
}

function readPoint(node: DerNode): string[] {
  const reader = new DerReader(node, 'distribution point');
  const name = reader.optional(context(0));
  const reasons = reader.optional(contextPrimitive(1));
  const issuer = reader.optional(context(2));
  reader.end();
  if (name === undefined && issuer === undefined) throw reader.malformed('neither name nor issuer');
  if (reasons !== undefined && !isBitString(reasons.content)) throw reader.malformed('reasons that are none');
  const uris = name === undefined ? [] : readPointName(name);
  return reasons === undefined && issuer === undefined ? uris : [];
}

/** The `http` and `https` URIs of a DistributionPointName, a CHOICE and so tagged explicitly. */
export function readPointName(node: DerNode): string[] {
  const reader = new DerReader(node, 'distribution point name', context(0));
  const full = reader.optional(context(0));
  if (full === undefined) reader.expect(context(1), 'name relative to the issuer');
  reader.end();
  if (full === undefined) return [];
  const names = new DerReader(full, 'distribution point names', context(0));
  if (!names.hasMore) throw names.malformed('an empty list');
  return names.rest(readUri).flat();
}

function readUri({ tag, content }: DerNode): string[] {
  if ((tag & CLASS_BITS) !== CONTEXT_CLASS || (tag & NUMBER_BITS) > LAST_GENERAL_NAME) {
    throw new X509Error('structure-invalid', `distribution point names: got tag ${tag}, want a general name`);
  }
  if (tag !== URI || content.length > MAX_URI_LENGTH) return [];
  if (content.some((octet) => octet < 0x21 || octet > 0x7e)) {
    throw new X509Error('structure-invalid', 'distribution point names: got a URI with octets that none has');
  }
  const uri = String.fromCharCode(...content);
  return /^https?:\/\//i.test(uri) ? [uri] : [];
}
