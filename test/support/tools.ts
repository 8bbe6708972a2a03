/**
 * Suites that need a program which is not part of the repository. Without the program they are not registered, and the
 * run's last lines say so; a program named in `REQUIRE_TOOLS` must be there, else its suites fail.
 */
import { appendFileSync } from 'node:fs';
import { findTool, requireTool } from './find-tool.js';

export { findTool, requireTool };

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
