/** Signed attributes by type: RFC 5652 §5.3. Each is there at most once, since a second one would be a second meaning. */
import { type DerNode, DerReader, TAG } from '@cunzheng/x509';
import { TimestampError } from './errors.js';

export type Attributes = ReadonlyMap<string, DerNode>;

/** Throws X509Error `structure-invalid`, TimestampError `signed-attributes`. */
export function readAttributes(set: DerNode): Attributes {
  const attributes = new Map<string, DerNode>();
  new DerReader(set, 'signed attributes', TAG.set).rest((node) => {
    const reader = new DerReader(node, 'attribute');
    const oid = reader.oid('type');
    const [value, ...others] = new DerReader(reader.any('values'), 'values', TAG.set).rest((item) => item);
    reader.end();
    if (value === undefined || others.length > 0 || attributes.has(oid)) {
      throw new TimestampError('signed-attributes', `signed attribute ${oid} has not one value`);
    }
    attributes.set(oid, value);
  });
  return attributes;
}
