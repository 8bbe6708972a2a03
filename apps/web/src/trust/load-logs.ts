/** The descriptions of this server's logs: fetched by the page, carried within by `verify.html`. */
import { type LogDescription, type TrustSource } from './trust-source.js';

/** Asks the server that served the page. */
export async function fetchLogTrust(): Promise<TrustSource> {
  try {
    const { logs } = (await fetchJson('/logs')) as { logs: readonly { path: string }[] };
    const descriptions = await Promise.all(logs.map(({ path }) => fetchJson(`${path}/log.v1.json`)));
    return { kind: 'built-in', logs: descriptions as LogDescription[] };
  } catch {
    return { kind: 'unavailable' };
  }
}

/** What the server wrote into the file when it handed it out. */
export function readLogTrust(): TrustSource {
  try {
    const data = document.getElementById('logs')?.textContent ?? '[]';
    return { kind: 'built-in', logs: JSON.parse(data) as LogDescription[] };
  } catch {
    return { kind: 'unavailable' };
  }
}

async function fetchJson(path: string): Promise<unknown> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}
