/** The fenced blocks of a page of documentation, in order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Snippet {
  readonly language: string;
  readonly code: string;
}

/** Of a text of Markdown. */
export function blocksOf(text: string): Snippet[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** Of a page below docs/api. */
export const snippetsOf = (page: string): Snippet[] => blocksOf(readFileSync(join('docs/api', page), 'utf8'));
