/** Which log is followed: decided by the follower's own policy before anything is fetched, never by what is served. */
import { type Trust } from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';

/** The origin of the log at `url`. @throws CliError `usage` when the policy does not say. */
export function chooseOrigin({ policy }: Trust, url: string): string {
  const { logs } = policy;
  const origins = [...new Set(logs.map(({ key }) => key.name))];
  const [only] = origins;
  if (only !== undefined && origins.length === 1) return only;
  const listed = logs.find((log) => log.url?.replace(/\/+$/, '') === url);
  if (listed !== undefined) return listed.key.name;
  const alike = origins.filter((origin) => url.endsWith(`/${origin.slice(origin.indexOf('/') + 1)}`));
  if (alike.length === 1 && alike[0] !== undefined) return alike[0];
  throw new CliError(
    'usage',
    `the policy names ${origins.length} logs and does not say which one is at ${url}: give --policy with that one, or its URL in the policy's log line`,
  );
}
