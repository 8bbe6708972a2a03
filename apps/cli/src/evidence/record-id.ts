/** The id of a record, as it is given to a command. */
import { CliError } from '../cli-error.js';

const RECORD_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws CliError `usage`. */
export function requireRecordId(id: string): void {
  if (!RECORD_ID.test(id))
    throw new CliError('usage', `${id} is no record id: take the one that notarize printed`);
}
