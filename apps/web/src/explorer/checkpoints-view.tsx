/** The newest checkpoints, each with whose signatures stand under it and when they were made. */
import { formatTime } from '@cunzheng/ledger';
import { type JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { formatTimes } from '../language/format-time.js';
import { type FetchedCheckpoint, type LogClient, type TimestampItem } from './log-client.js';
import { Pending } from './pending.js';
import { type Head } from './use-head.js';
import { useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

const SHOWN = 20;

/** Tree sizes at the ends of the newest blocks, newest first. */
export function newestSizes({ headers }: Head): number[] {
  return headers
    .slice(-SHOWN)
    .map(({ firstIndex, count }) => firstIndex + count + 1)
    .reverse();
}

interface CheckpointsViewProps {
  readonly client: LogClient;
  readonly head: Head;
}

export function CheckpointsView({ client, head }: CheckpointsViewProps): JSX.Element {
  const { checkpoints: words } = useExplorerWords();
  const sizes = newestSizes(head).join();
  const load = useCallback(
    () => Promise.all(sizes.split(',').map((size) => fetchVouched(client, Number(size)))),
    [client, sizes],
  );
  const loaded = useLoaded(load);
  return (
    <section class="panel" aria-labelledby="checkpoints-heading">
      <h2 id="checkpoints-heading">{words.heading}</h2>
      <p>{words.explain}</p>
      <p class="hint">{words.timestampsNote}</p>
      {loaded.state === 'loaded' ? (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{words.size}</th>
                <th scope="col">{words.log}</th>
                <th scope="col">{words.witnesses}</th>
                <th scope="col">{words.timestamps}</th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.map((vouched) => (
                <Row key={vouched.checkpoint.verified.treeSize} client={client} vouched={vouched} />
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Pending of={loaded} />
      )}
    </section>
  );
}

interface Vouched {
  readonly checkpoint: FetchedCheckpoint;
  readonly timestamps: readonly TimestampItem[];
}

async function fetchVouched(client: LogClient, size: number): Promise<Vouched> {
  const [checkpoint, timestamps] = await Promise.all([
    client.fetchCheckpoint(size),
    client.fetchTimestamps(size),
  ]);
  return { checkpoint, timestamps };
}

interface RowProps {
  readonly client: LogClient;
  readonly vouched: Vouched;
}

function Row({ client, vouched: { checkpoint, timestamps } }: RowProps): JSX.Element {
  const { checkpoints: words } = useExplorerWords();
  const { treeSize, cosignatures } = checkpoint.verified;
  return (
    <tr>
      <th scope="row" class="numbers">
        {treeSize.toLocaleString()}
        <br />
        <a class="quiet" href={`#/consistency/${treeSize}`}>
          {words.compare}
        </a>
      </th>
      <td class="good">✓</td>
      <td>
        {cosignatures.length === 0 && <span class="quiet">{words.noWitnesses}</span>}
        {cosignatures.map(({ key, cosignedAtMs }) => (
          <span key={key.vkey} class="fingerprint-line">
            <span class="good">✓</span> <bdi>{client.witnessNames.get(key.vkey) ?? key.name}</bdi>{' '}
            {cosignedAtMs !== undefined && <At time={formatTime(cosignedAtMs)} />}
          </span>
        ))}
      </td>
      <td>
        {timestamps.length === 0 && <span class="quiet">{words.noTimestamps}</span>}
        {timestamps.map(({ authority, genTime }) => (
          <span key={authority} class="fingerprint-line">
            <bdi>{authority}</bdi> <At time={genTime} />
          </span>
        ))}
      </td>
    </tr>
  );
}

function At({ time }: { readonly time: string }): JSX.Element {
  const { utc, beijing } = formatTimes(time);
  return (
    <span class="quiet numbers">
      {utc} · {beijing}
    </span>
  );
}
