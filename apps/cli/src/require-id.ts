/** Ids as they are given to commands: UUIDs (RFC 9562 §4) of whatever version. */
import { CliError } from './cli-error.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * `of` is what has the id, `from` the command that prints it.
 *
 * @throws CliError `usage`.
 */
export function requireId(id: string, of: string, from: string): void {
  if (!UUID.test(id)) throw new CliError('usage', `${id} is no ${of} id: take the one that ${from} printed`);
}
