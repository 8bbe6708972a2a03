/** The fenced blocks of a page of documentation, in order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Snippet {
  readonly language: string;
  readonly code: string;
}

/** Of a text of Markdown; those in lists without their indentation. */
export function blocksOf(text: string): Snippet[] {
  const blocks = text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm);
  return [...blocks].map(([, indent = '', language = '', code = '']) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Of a page below docs/api. */
export const snippetsOf = (page: string): Snippet[] => blocksOf(readFileSync(join('docs/api', page), 'utf8'));
