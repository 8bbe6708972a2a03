/** What page and hash worker say to each other. One worker hashes one file at a time; to cancel is to end the worker. */
import { type DigestName } from '@cunzheng/crypto';

export interface HashRequest {
  readonly file: Blob;
  readonly algorithms: readonly DigestName[];
}

export type HashMessage =
  | { readonly kind: 'progress'; readonly hashedBytes: number }
  /** Lower-case hex by algorithm. */
  | { readonly kind: 'done'; readonly digests: Readonly<Partial<Record<DigestName, string>>> }
  /** The file could not be read, or changed while it was. */
  | { readonly kind: 'failed'; readonly message: string };
