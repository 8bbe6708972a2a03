/** Addresses given on the command line: of a log, of whoever is to be alerted. */
import { InvalidArgumentError } from 'commander';

/** Without a slash at the end. Throws InvalidArgumentError unless it is plain http or https. */
export function parseHttpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new InvalidArgumentError('want https://HOST/… or http://HOST:PORT/…');
  }
  return url.href.replace(/\/+$/, '');
}
