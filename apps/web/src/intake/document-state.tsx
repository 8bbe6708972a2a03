/** A document on its way: waiting, being hashed with true progress, cancelled, failed, or done with its fingerprints. */
import { type JSX } from 'preact';
import { formatSize } from '../language/format-size.js';
import { useWords } from '../language/language.js';
import { type GivenDocument } from './given.js';

export interface DocumentActions {
  readonly cancel: (document: number) => void;
  readonly again: (document: number) => void;
  readonly remove: (document: number) => void;
}

interface DocumentStateProps {
  readonly document: GivenDocument;
  readonly actions: DocumentActions;
}

export function DocumentName({ document }: { readonly document: GivenDocument }): JSX.Element {
  const { fingerprint } = useWords();
  if (document.fingerprintOf !== undefined) return <>{fingerprint.name(document.fingerprintOf)}</>;
  return (
    <>
      <bdi>{document.name}</bdi>
      {document.file && <span class="quiet"> {formatSize(document.file.size)}</span>}
    </>
  );
}

export function DocumentState({ document, actions }: DocumentStateProps): JSX.Element {
  const words = useWords().document;
  const { id, hashing } = document;
  switch (hashing.state) {
    case 'waiting':
      return <p class="quiet">{words.waiting}</p>;
    case 'running':
      return (
        <HashProgress
          document={document}
          hashedBytes={hashing.hashedBytes}
          onCancel={() => {
            actions.cancel(id);
          }}
        />
      );
    case 'cancelled':
    case 'failed':
      return (
        <p class="refused" role="status">
          {hashing.state === 'failed' ? words.failed(hashing.message) : words.cancelled}{' '}
          <button
            class="link"
            onClick={() => {
              actions.again(id);
            }}
          >
            {words.again}
          </button>
        </p>
      );
    case 'done':
      return <Digests document={document} />;
  }
}

interface HashProgressProps {
  readonly document: GivenDocument;
  readonly hashedBytes: number;
  readonly onCancel: () => void;
}

function HashProgress({ document, hashedBytes, onCancel }: HashProgressProps): JSX.Element {
  const words = useWords().document;
  const total = document.file?.size ?? 0;
  const percent = total === 0 ? 100 : Math.floor((100 * hashedBytes) / total);
  const text = words.hashing(percent, formatSize(hashedBytes), formatSize(total));
  return (
    <div class="hashing">
      <progress max={total} value={hashedBytes} aria-label={document.name}>
        {percent} %
      </progress>
      <span class="numbers">{text}</span>
      <button class="button small" onClick={onCancel}>
        {words.cancel}
      </button>
    </div>
  );
}

function Digests({ document: { digests } }: { readonly document: GivenDocument }): JSX.Element {
  const words = useWords().document;
  return (
    <details class="digests">
      <summary>{words.hashed}</summary>
      <dl class="values">
        {Object.entries(digests).map(([algorithm, digest]) => (
          <div key={algorithm}>
            <dt>{algorithm}</dt>
            <dd class="mono">{digest}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
