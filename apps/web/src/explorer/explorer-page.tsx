/** The page at `/explorer`: one log at a time, its views told apart by the address after the `#`. */
import './explorer.css';
import { type JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type LogDescription, type TrustSource } from '../trust/trust-source.js';
import { BlockView } from './block-view.js';
import { CheckpointsView } from './checkpoints-view.js';
import { ConsistencyView } from './consistency-view.js';
import { EventsView } from './events-view.js';
import { LogClient } from './log-client.js';
import { Overview } from './overview.js';
import { Pending } from './pending.js';
import { useHead } from './use-head.js';
import { useExplorerWords } from './words.js';

const TABS = ['overview', 'events', 'checkpoints', 'consistency'] as const;
type Tab = (typeof TABS)[number];

interface Place {
  readonly tab: Tab;
  readonly block?: number;
  readonly size?: number;
}

export function ExplorerPage({ logs: source }: { readonly logs: TrustSource }): JSX.Element {
  const words = useExplorerWords();
  const logs = source.kind === 'built-in' ? source.logs : [];
  const [chosen, setChosen] = useState<string>();
  const log =
    logs.find(({ name }) => name === chosen) ?? logs.find(({ state }) => state === 'open') ?? logs[0];
  return (
    <>
      <div class="intro">
        <h1>{words.heading}</h1>
        <p class="lead">{words.lead}</p>
      </div>
      {source.kind === 'loading' && <p role="status">{words.loading} …</p>}
      {source.kind !== 'loading' && log === undefined && <p role="status">{words.empty}</p>}
      {logs.length > 1 && log && (
        <label class="choose-log">
          {words.log}{' '}
          <select
            value={log.name}
            onChange={({ currentTarget }) => {
              setChosen(currentTarget.value);
            }}
          >
            {logs.map(({ name, origin }) => (
              <option key={name} value={name}>
                {origin}
              </option>
            ))}
          </select>
        </label>
      )}
      {log && <LogViews key={log.origin} log={log} />}
    </>
  );
}

function LogViews({ log }: { readonly log: LogDescription }): JSX.Element {
  const words = useExplorerWords();
  const client = useMemo(() => new LogClient(log), [log]);
  const { head, error } = useHead(client);
  const place = usePlace();
  return (
    <>
      <p class="mono quiet">{log.origin}</p>
      <nav class="tabs no-print" aria-label={words.tabs.label}>
        {TABS.map((tab) => (
          <a key={tab} href={`#/${tab}`} aria-current={place.tab === tab ? 'page' : undefined}>
            {words.tabs[tab]}
          </a>
        ))}
      </nav>
      {error && <Pending of={{ state: 'failed', error }} />}
      {head === undefined && error === undefined && <Pending of={{ state: 'loading' }} />}
      {place.block !== undefined && <BlockView client={client} height={place.block} />}
      {head && place.block === undefined && place.tab === 'overview' && (
        <Overview client={client} head={head} />
      )}
      {place.tab === 'events' && <EventsView client={client} />}
      {head && place.tab === 'checkpoints' && <CheckpointsView client={client} head={head} />}
      {head && place.tab === 'consistency' && (
        <ConsistencyView
          key={place.size}
          client={client}
          head={head}
          {...(place.size === undefined ? {} : { olderSize: place.size })}
        />
      )}
    </>
  );
}

function usePlace(): Place {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const follow = (): void => {
      setPlace(parsePlace(location.hash));
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);
  return place;
}

function parsePlace(hash: string): Place {
  const [, name = '', number = ''] = hash.split('/');
  const value = /^(?:0|[1-9]\d{0,14})$/.test(number) ? Number(number) : undefined;
  if (name === 'block' && value !== undefined) return { tab: 'overview', block: value };
  const tab = TABS.find((candidate) => candidate === name) ?? 'overview';
  return { tab, ...(tab === 'consistency' && value !== undefined ? { size: value } : {}) };
}
