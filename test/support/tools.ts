/**
 * Suites that need a program which is not part of the repository. Without the program they are not registered, and the
 * run's last lines say so; a program named in `REQUIRE_TOOLS` must be there, else its suites fail.
 */
import { accessSync, appendFileSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Absolute path of a program on PATH, or undefined. */
export function findTool(name: string): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Absolute path of a program. @throws when it is missing: only for code inside `describeWithTool`. */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new Error(`${name} is not on PATH`);
  return path;
}

/** Registers a suite if its program is there. */
export function describeWithTool(tool: string, title: string, body: () => void): void {
  if (findTool(tool) !== undefined) {
    describe(title, body);
    return;
  }
  const required = (process.env['REQUIRE_TOOLS'] ?? '').split(',').includes(tool);
  if (required) {
    test(`${title}: REQUIRE_TOOLS names ${tool}`, () => {
      requireTool(tool);
    });
    return;
  }
  const notes = process.env['TEST_NOTES'];
  if (notes !== undefined) appendFileSync(notes, `not run: ${title} (${tool} is not installed)\n`);
}
