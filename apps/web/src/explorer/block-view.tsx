/** One block: its entries, and that they give what its header names, computed here. */
import { EntryType } from '@cunzheng/ledger';
import { encodeHex } from '@cunzheng/receipt';
import { type JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { formatTimes } from '../language/format-time.js';
import { type CheckedBlock, checkBlock } from './check-block.js';
import { type FetchedBlock, type LogClient } from './log-client.js';
import { Pending } from './pending.js';
import { useLoaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

const ROWS = 50;

export function BlockView({
  client,
  height,
}: {
  readonly client: LogClient;
  readonly height: number;
}): JSX.Element {
  const { block: words } = useExplorerWords();
  const load = useCallback(async () => {
    const fetched = await client.fetchBlock(height);
    return { fetched, checked: checkBlock(fetched) };
  }, [client, height]);
  const loaded = useLoaded(load);
  return (
    <section class="panel" aria-labelledby="block-heading">
      <p class="no-print">
        <a href="#/">{words.back}</a>
        {height > 0 && (
          <>
            {' · '}
            <a href={`#/block/${height - 1}`}>{words.previous}</a>
          </>
        )}
        {' · '}
        <a href={`#/block/${height + 1}`}>{words.next}</a>
      </p>
      <h2 id="block-heading">{words.heading(height.toLocaleString())}</h2>
      {loaded.state === 'loaded' ? <Contents {...loaded.value} /> : <Pending of={loaded} />}
    </section>
  );
}

interface ContentsProps {
  readonly fetched: FetchedBlock;
  readonly checked: CheckedBlock;
}

function Contents({ fetched, checked }: ContentsProps): JSX.Element {
  const { block: words } = useExplorerWords();
  const { header, headerHash, contradiction } = checked;
  const { utc, beijing } = formatTimes(header.createdAt);
  return (
    <>
      <p class="numbers">
        {utc} · {beijing}
      </p>
      {contradiction === undefined ? (
        <p class="good">✓ {words.checked}</p>
      ) : (
        <p class="refused">✗ {words.refused(contradiction)}</p>
      )}
      <dl class="values">
        <div>
          <dt>{words.headerHash}</dt>
          <dd class="mono">{headerHash}</dd>
        </div>
        <div>
          <dt>{words.batchRoot}</dt>
          <dd class="mono">{header.batchRoot}</dd>
        </div>
      </dl>
      <h3>{words.header}</h3>
      <pre class="header-text" tabIndex={0}>
        <code>{fetched.header}</code>
      </pre>
      <Entries checked={checked} />
    </>
  );
}

function Entries({ checked: { header, entries } }: Pick<ContentsProps, 'checked'>): JSX.Element {
  const { block: words } = useExplorerWords();
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? entries : entries.slice(0, ROWS);
  return (
    <>
      <h3>{words.entries}</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{words.index}</th>
              <th scope="col">{words.type}</th>
              <th scope="col">{words.sha256}</th>
              <th scope="col">{words.sm3}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ type, sha256, sm3 }, ordinal) => (
              <tr key={ordinal}>
                <th scope="row" class="numbers">
                  {(header.firstIndex + ordinal).toLocaleString()}
                </th>
                <td>{words.types[typeName(type)]}</td>
                <td class="mono">{encodeHex(sha256)}</td>
                <td class="mono">{encodeHex(sm3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < entries.length && (
        <p class="hint">
          {words.shown(shown.length.toLocaleString(), entries.length.toLocaleString())}{' '}
          <button
            class="link"
            onClick={() => {
              setIsAll(true);
            }}
          >
            {words.all}
          </button>
        </p>
      )}
    </>
  );
}

function typeName(type: number): 'block' | 'record' | 'event' | 'auditHead' | 'unknown' {
  const names = ['block', 'record', 'event', 'auditHead'] as const;
  return names.find((name) => EntryType[name] === type) ?? 'unknown';
}
