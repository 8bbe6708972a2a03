/** The live head of a log, how it grew, and its newest blocks. */
import { type JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { formatTimes } from '../language/format-time.js';
import { BlockTable } from './block-table.js';
import { newestSizes } from './checkpoints-view.js';
import { type LogClient } from './log-client.js';
import { Plots } from './plots.js';
import { type Head } from './use-head.js';
import { useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';
import { encodeBase64 } from '@cunzheng/receipt';

interface OverviewProps {
  readonly client: LogClient;
  readonly head: Head;
}

export function Overview({ client, head }: OverviewProps): JSX.Element {
  const { head: words } = useExplorerWords();
  const { treeSize, rootHash } = head.checkpoint.verified;
  const newest = head.headers.at(-1);
  const checkpoints = useNewestCheckpoints(client, head);
  return (
    <>
      <section class="panel head" aria-labelledby="head-heading">
        <h2 id="head-heading">{words.heading}</h2>
        <p>{words.explain}</p>
        <p class="figures" role="status">
          <span>
            <strong class="numbers">{treeSize.toLocaleString()}</strong> {words.entries}
          </span>
          <span>
            <strong class="numbers">{((newest?.height ?? 0) + 1).toLocaleString()}</strong> {words.blocks}
          </span>
        </p>
        <dl class="values">
          {newest && (
            <div>
              <dt>{words.newest}</dt>
              <dd class="numbers">
                {formatTimes(newest.createdAt).utc} · {formatTimes(newest.createdAt).beijing}
              </dd>
            </div>
          )}
          <div>
            <dt>{words.root}</dt>
            <dd class="mono">{encodeBase64(rootHash)}</dd>
          </div>
          <div>
            <dt>{words.signed}</dt>
            <dd class="good">✓ {words.verified}</dd>
          </div>
        </dl>
        <p class="hint">{words.live}</p>
        <Plots headers={head.headers} checkpoints={checkpoints} />
      </section>
      <BlockTable client={client} head={head} />
    </>
  );
}

const NONE: readonly never[] = [];

/** Loaded once for a number of entries: they are for the plot alone. */
function useNewestCheckpoints(
  client: LogClient,
  head: Head,
): ReturnType<LogClient['fetchCheckpoint']> extends Promise<infer Checkpoint>
  ? readonly Checkpoint[]
  : never {
  const sizes = newestSizes(head).join();
  const load = useCallback(
    () => Promise.all(sizes.split(',').map((size) => client.fetchCheckpoint(Number(size)))),
    [client, sizes],
  );
  const loaded = useLoaded(load);
  return loaded.state === 'loaded' ? loaded.value : NONE;
}
