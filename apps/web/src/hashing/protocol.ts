/** What page and hash worker say to each other. One worker hashes one file at a time; to cancel is to end the worker. */
import { type DigestName } from '@cunzheng/crypto';

/** Lower-case hex by algorithm. */
export type Digests = Readonly<Partial<Record<DigestName, string>>>;

export interface HashRequest {
  readonly file: Blob;
  readonly algorithms: readonly DigestName[];
}

export type HashMessage =
  | { readonly kind: 'progress'; readonly hashedBytes: number }
  | { readonly kind: 'done'; readonly digests: Digests }
  /** The file could not be read, or changed while it was. */
  | { readonly kind: 'failed'; readonly message: string };
