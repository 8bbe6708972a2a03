/**
 * The optional descriptions of a document, which a statement may state and a record may disclose under the same names
 * and limits: title, mediaType, sizeBytes, clientRef, metadata, provenance.
 */
import { type Structure } from '../errors.js';
import {
  describe,
  expectInteger,
  expectList,
  expectText,
  memberNames,
  ObjectReader,
  refuse,
} from '../encoding/object-reader.js';
import { LIMITS, MEDIA_TYPE } from './limits.js';

export interface MetadataItem {
  readonly name: string;
  readonly value: string;
}

export interface OptionalMembers {
  readonly title?: string;
  /** RFC 6838 `type/subtype`, without parameters. */
  readonly mediaType?: string;
  readonly sizeBytes?: number;
  /** The client's own reference for the document. */
  readonly clientRef?: string;
  /** In the client's order; names are unique. */
  readonly metadata?: readonly MetadataItem[];
  /** How the document came about, in words. */
  readonly provenance?: string;
}

type Reader<T> = (value: unknown, structure: Structure, path: string) => T;

/** One reader per member: throws ReceiptError with the structure's code and the given path, or returns the value. */
export const OPTIONAL_MEMBER_READERS: {
  readonly [Name in keyof OptionalMembers]-?: Reader<Required<OptionalMembers>[Name]>;
} = {
  title: (value, structure, path) => expectText(value, LIMITS.title, structure, path),
  mediaType: readMediaType,
  sizeBytes: (value, structure, path) =>
    expectInteger(value, { min: 0, max: Number.MAX_SAFE_INTEGER }, structure, path),
  clientRef: (value, structure, path) => expectText(value, LIMITS.clientRef, structure, path),
  metadata: readMetadata,
  provenance: (value, structure, path) => expectText(value, LIMITS.provenance, structure, path),
};

export const OPTIONAL_MEMBER_NAMES = Object.keys(
  OPTIONAL_MEMBER_READERS,
) as readonly (keyof OptionalMembers)[];

/** Those of the optional members that an object has, each checked. */
export function readOptionalMembers(reader: ObjectReader, structure: Structure): OptionalMembers {
  const present = OPTIONAL_MEMBER_NAMES.filter((name) => reader.has(name));
  return Object.fromEntries(
    present.map((name) => [
      name,
      OPTIONAL_MEMBER_READERS[name](reader.value(name), structure, reader.pathOf(name)),
    ]),
  );
}

function readMediaType(value: unknown, structure: Structure, path: string): string {
  const text = expectText(value, { min: 3, max: LIMITS.mediaTypeLength }, structure, path);
  if (!MEDIA_TYPE.test(text))
    refuse(structure, 'value', path, `expected type/subtype, got ${describe(text)}`);
  return text;
}

const ITEM_MEMBERS = memberNames(['name', 'value']);

function readMetadata(value: unknown, structure: Structure, path: string): MetadataItem[] {
  const items = expectList(value, LIMITS.metadata, structure, path).map((item, index) => {
    const reader = new ObjectReader(item, ITEM_MEMBERS, structure, `${path}/${index}`);
    return {
      name: reader.text('name', LIMITS.metadataName),
      value: reader.text('value', LIMITS.metadataValue),
    };
  });
  const names = new Set(items.map(({ name }) => name));
  if (names.size !== items.length) refuse(structure, 'value', path, 'expected each metadata name once');
  return items;
}
