/** Blocks, newest first, a page at a time. */
import { type BlockHeader } from '@cunzheng/ledger';
import { type JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { formatTimes } from '../language/format-time.js';
import { type LogClient } from './log-client.js';
import { type Head } from './use-head.js';
import { useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

const ROWS = 15;

interface BlockTableProps {
  readonly client: LogClient;
  readonly head: Head;
}

export function BlockTable({ client, head }: BlockTableProps): JSX.Element {
  const { blocks: words } = useExplorerWords();
  /** Height of the last block shown; undefined: the newest, whatever it is. */
  const [end, setEnd] = useState<number>();
  const newest = head.headers.at(-1)?.height ?? 0;
  const last = Math.min(end ?? newest, newest);
  const first = Math.max(0, last - ROWS + 1);
  const headers = useHeaders(client, head, first, last);
  return (
    <section class="panel" aria-labelledby="blocks-heading">
      <h2 id="blocks-heading">{words.heading}</h2>
      <p>{words.explain}</p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.height}</th>
              <th scope="col">{words.time}</th>
              <th scope="col">{words.entries}</th>
              <th scope="col">{words.first}</th>
            </tr>
          </thead>
          <tbody>
            {headers.toReversed().map((header) => (
              <Row key={header.height} header={header} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="no-print">
        {first > 0 && (
          <button
            class="button small"
            onClick={() => {
              setEnd(first - 1);
            }}
          >
            {words.older}
          </button>
        )}{' '}
        {end !== undefined && (
          <button
            class="button small"
            onClick={() => {
              setEnd(undefined);
            }}
          >
            {words.newer}
          </button>
        )}
      </p>
    </section>
  );
}

function Row({
  header: { height, createdAt, count, firstIndex },
}: {
  readonly header: BlockHeader;
}): JSX.Element {
  const { utc, beijing } = formatTimes(createdAt);
  return (
    <tr>
      <th scope="row">
        <a href={`#/block/${height}`}>{height.toLocaleString()}</a>
      </th>
      <td class="numbers">
        <time dateTime={createdAt}>{utc}</time>
        <br />
        <span class="quiet">{beijing}</span>
      </td>
      <td class="numbers">{count.toLocaleString()}</td>
      <td class="numbers">{firstIndex.toLocaleString()}</td>
    </tr>
  );
}

/** From the head if it has them, else from the log. */
function useHeaders(client: LogClient, head: Head, first: number, last: number): readonly BlockHeader[] {
  const known = head.headers.filter(({ height }) => height >= first && height <= last);
  const isKnown = known.length === last - first + 1;
  const load = useCallback(
    async () => (isKnown ? [] : await client.fetchHeaders(first, last - first + 1)),
    [client, isKnown, first, last],
  );
  const loaded = useLoaded(load);
  if (isKnown) return known;
  return loaded.state === 'loaded' ? loaded.value : [];
}
