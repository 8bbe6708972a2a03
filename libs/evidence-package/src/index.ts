/** Public face of the evidence package: an ASiC-E container of receipts, written, read and added to. Pure. */
export { addDocuments, type DocumentToAdd } from './add-documents.js';
export { buildPackage, type StampManifest } from './build-package.js';
export { isPackage, PACKAGE_MEDIA_TYPE } from './container.js';
export { PackageError, type PackageErrorCode } from './errors.js';
export { PACKAGE_LIMITS } from './limits.js';
export { openPackage, type OpenedItem, type OpenedPackage } from './open-package.js';
export { type PackageInput, type PackageItem } from './package-files.js';
