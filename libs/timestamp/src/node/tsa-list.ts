/**
 * The authorities that this installation asks: the file of the setting `TSA_LIST_FILE`, a line for each with its URL and, if
 * one likes, a name; `#` begins a comment line.
 */
import { readFileSync } from 'node:fs';

export interface Tsa {
  readonly url: string;
  readonly name: string;
}

const MAX_TSAS = 16;

/** Throws Error naming the line that is no authority. */
export function readTsaList(path: string | undefined): Tsa[] {
  if (path === undefined) return [];
  const tsas = readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) => parseLine(line.trim(), `TSA_LIST_FILE ${path}, line ${index + 1}`));
  if (tsas.length > MAX_TSAS)
    throw new Error(`TSA_LIST_FILE ${path}: got ${tsas.length}, want at most ${MAX_TSAS}`);
  const repeated = tsas.find(({ url }, index) => tsas.findIndex((other) => other.url === url) !== index);
  if (repeated) throw new Error(`TSA_LIST_FILE ${path}: ${repeated.name} is there twice`);
  return tsas;
}

function parseLine(line: string, where: string): Tsa[] {
  if (line === '' || line.startsWith('#')) return [];
  const [address = '', ...words] = line.split(/\s+/);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`${where}: got no URL, want http:// or https:// and perhaps a name`);
  }
  if (url.username !== '' || url.password !== '')
    throw new Error(`${where}: a URL with a password would be logged`);
  return [{ url: url.href, name: words.join(' ') || url.host }];
}
