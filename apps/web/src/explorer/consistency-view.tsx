/** Whether the log only grew between two states, asked by the visitor and computed in their browser. */
import { type JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { checkConsistency, type ConsistencyResult } from './check-consistency.js';
import { LogAnswerError, type LogClient } from './log-client.js';
import { type Head } from './use-head.js';
import { asError, useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

interface ConsistencyViewProps {
  readonly client: LogClient;
  readonly head: Head;
  /** The smaller size that a link asks for. */
  readonly olderSize?: number;
}

type Outcome =
  | { readonly state: 'idle' | 'running' }
  | { readonly state: 'done'; readonly result: ConsistencyResult }
  | { readonly state: 'failed'; readonly reason: string };

export function ConsistencyView({ client, head, olderSize }: ConsistencyViewProps): JSX.Element {
  const { consistency: words, failed } = useExplorerWords();
  const load = useCallback(() => client.fetchCheckpointSizes(0), [client]);
  const sizes = useLoaded(load);
  const newest = head.checkpoint.verified.treeSize;
  const [older, setOlder] = useState(
    olderSize === undefined || olderSize === newest ? '' : String(olderSize),
  );
  const [newer, setNewer] = useState(String(newest));
  const [outcome, setOutcome] = useState<Outcome>({ state: 'idle' });
  const smallest = sizes.state === 'loaded' ? (sizes.value[0] ?? newest) : newest;
  const run = (event: Event): void => {
    event.preventDefault();
    const [from, to] = [Number(older || smallest), Number(newer)];
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 < from && from <= to)) {
      setOutcome({ state: 'failed', reason: words.order });
      return;
    }
    setOutcome({ state: 'running' });
    checkConsistency(client, from, to).then(
      (result) => {
        setOutcome({ state: 'done', result });
      },
      (error: unknown) => {
        const size = error instanceof LogAnswerError && error.status === 404 ? `${from} / ${to}` : undefined;
        setOutcome({ state: 'failed', reason: size ? words.missing(size) : failed(asError(error).message) });
      },
    );
  };
  return (
    <section class="panel" aria-labelledby="consistency-heading">
      <h2 id="consistency-heading">{words.heading}</h2>
      <p>{words.explain}</p>
      <form class="compare" onSubmit={run}>
        <SizeField label={words.older} value={older || String(smallest)} onValue={setOlder} />
        <SizeField label={words.newer} value={newer} onValue={setNewer} />
        <button class="button primary">{words.run}</button>
        <datalist id="sizes">
          {sizes.state === 'loaded' && sizes.value.map((size) => <option key={size} value={size} />)}
        </datalist>
      </form>
      <div role="status">
        {outcome.state === 'running' && <p>{words.running} …</p>}
        {outcome.state === 'failed' && <p class="refused">{outcome.reason}</p>}
        {outcome.state === 'done' && <Result result={outcome.result} />}
      </div>
    </section>
  );
}

interface SizeFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function SizeField({ label, value, onValue }: SizeFieldProps): JSX.Element {
  return (
    <label>
      {label}
      <input
        inputMode="numeric"
        list="sizes"
        value={value}
        onInput={({ currentTarget }) => {
          onValue(currentTarget.value.trim());
        }}
      />
    </label>
  );
}

function Result({
  result: { older, newer, hashes, tiles, contradiction },
}: {
  readonly result: ConsistencyResult;
}): JSX.Element {
  const { consistency: words } = useExplorerWords();
  const sizes = [older, newer].map(({ verified }) => verified.treeSize.toLocaleString());
  return (
    <>
      {contradiction === undefined ? (
        <p class="good answer">✓ {words.holds(sizes[0] ?? '', sizes[1] ?? '')}</p>
      ) : (
        <p class="refused answer">✗ {words.fails(contradiction)}</p>
      )}
      <p class="hint">
        {words.signatures}{' '}
        {older.verified.treeSize === newer.verified.treeSize
          ? words.same
          : words.details(String(hashes), String(tiles))}
      </p>
      <details>
        <summary>{words.keep}</summary>
        <pre tabIndex={0}>
          <code>{`${older.note}\n${newer.note}`}</code>
        </pre>
      </details>
    </>
  );
}
