/** Repeatable options that take one of a closed list of names. */
import { CliError } from '../cli-error.js';

/** The names, each once. @throws CliError `usage` for one that is not in the list. */
export function parseNames(given: readonly string[], known: readonly string[], what: string): string[] {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new CliError('usage', `${unknown} is no ${what}: want ${known.join(', ')}`);
  return [...new Set(given)];
}
