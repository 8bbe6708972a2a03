/** The live head: the newest checkpoint and the headers of the newest blocks, looked at again every few seconds. */
import { type BlockHeader } from '@cunzheng/ledger';
import { useEffect, useState } from 'preact/hooks';
import { type FetchedCheckpoint, type LogClient, PAGE } from './log-client.js';
import { asError } from './use-loaded.js';

export interface Head {
  readonly checkpoint: FetchedCheckpoint;
  /** Up to {@link PAGE}, oldest first, ending with the newest. */
  readonly headers: readonly BlockHeader[];
}

const INTERVAL_MS = 4000;

/** `error` stands beside the last head that was seen. */
export function useHead(client: LogClient): {
  readonly head: Head | undefined;
  readonly error: Error | undefined;
} {
  const [head, setHead] = useState<Head>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    let known: Head | undefined;
    setHead(undefined);
    const look = async (): Promise<void> => {
      try {
        known = await readHead(client, known);
        if (!isCurrent) return;
        setHead(known);
        setError(undefined);
      } catch (thrown) {
        if (isCurrent) setError(asError(thrown));
      }
      // A page in the background asks nothing.
      const again = (): void => {
        timer = setTimeout(() => {
          if (document.hidden) again();
          else void look();
        }, INTERVAL_MS);
      };
      if (isCurrent) again();
    };
    void look();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [client]);
  return { head, error };
}

async function readHead(client: LogClient, known: Head | undefined): Promise<Head> {
  const checkpoint = await client.fetchCheckpoint();
  const { treeSize } = checkpoint.verified;
  if (known?.checkpoint.verified.treeSize === treeSize) return { ...known, checkpoint };
  const newest = known?.headers.at(-1);
  if (newest === undefined) {
    const height = await client.findNewestHeight(treeSize);
    return { checkpoint, headers: await client.fetchHeaders(Math.max(0, height - PAGE + 1), PAGE) };
  }
  const added = await client.fetchHeaders(newest.height + 1, PAGE);
  return { checkpoint, headers: [...(known?.headers ?? []), ...added].slice(-PAGE) };
}
