/** What a call is expected to throw. */
import { type MerkleErrorCode } from '@cunzheng/merkle';

/** Matches a MerkleError by its code, whatever its message. */
export function code(code: MerkleErrorCode): Error {
  return expect.objectContaining({ name: 'MerkleError', code }) as Error;
}
