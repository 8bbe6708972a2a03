/** The sizes that a package may have; whatever is beyond is refused before it is unpacked. */
export const PACKAGE_LIMITS = {
  /** Pieces of evidence. */
  items: 100,
  files: 20_000,
  /** All files that are no documents, unpacked. */
  bytes: 256 * 1024 * 1024,
  /** One document that is put in. */
  documentBytes: 1024 * 1024 * 1024,
  /** All documents, unpacked. ZIP without its 64-bit extension ends there when they are stored. */
  allDocumentsBytes: 4 * 1024 * 1024 * 1024,
  textLength: 500,
} as const;
