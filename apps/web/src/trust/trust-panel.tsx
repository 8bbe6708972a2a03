/** Whom the verification believes, shown in full, and the way to put the visitor's own trust folder in its place. */
import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../language/language.js';
import { TrustFacts } from './trust-facts.js';
import { policyTextOf, type TrustSource } from './trust-source.js';

interface TrustPanelProps {
  readonly source: TrustSource;
  readonly isOwn: boolean;
  /** Undefined: back to what is built in. */
  readonly onOwnTrust: (source: TrustSource | undefined) => void;
  /** Whether this is `verify.html` and not a page that a server gave. */
  readonly isFile: boolean;
}

export function TrustPanel({ source, isOwn, onOwnTrust, isFile }: TrustPanelProps): JSX.Element {
  const { trust: words } = useWords();
  return (
    <section class="panel" aria-labelledby="trust-heading">
      <h2 id="trust-heading">{words.heading}</h2>
      <p>{words.explain}</p>
      <InForce source={source} />
      {isFile ? <p class="warning">{words.fileWord}</p> : <OperatorsWord />}
      <OwnTrust onOwnTrust={onOwnTrust} />
      {isOwn && (
        <button
          class="button small"
          onClick={() => {
            onOwnTrust(undefined);
          }}
        >
          {words.useBuiltIn}
        </button>
      )}
    </section>
  );
}

function InForce({ source }: { readonly source: TrustSource }): JSX.Element {
  const { trust: words } = useWords();
  if (source.kind === 'loading') return <p class="quiet">{words.loading}</p>;
  if (source.kind === 'unavailable') return <p class="refused">{words.unavailable}</p>;
  if (source.kind === 'own')
    return (
      <>
        <p class="in-force">{words.own(source.name)}</p>
        <TrustFacts
          policy={source.files.policy}
          minTimestamps={source.minTimestamps}
          tsaRoots={source.files['tsa-roots.pem']}
        />
      </>
    );
  if (source.logs.length === 0) return <p class="refused">{words.none}</p>;
  return (
    <>
      <p class="in-force">{words.builtIn}</p>
      {source.logs.map((log) => (
        <TrustFacts
          key={log.origin}
          policy={policyTextOf(log)}
          minTimestamps={log.minTimestamps ?? 0}
          tsaRoots={log.tsaRoots}
        />
      ))}
    </>
  );
}

function OperatorsWord(): JSX.Element {
  const { trust: words } = useWords();
  return (
    <div class="warning">
      <p>{words.operatorsWord}</p>
      <ul>
        <li>{words.wayFile}</li>
        <li>
          {words.wayCommand}
          <pre tabIndex={0}>
            <code>cunzheng verify document --receipt receipt.json --trust my-trust</code>
          </pre>
        </li>
        <li>{words.wayByHand}</li>
      </ul>
    </div>
  );
}

function OwnTrust({ onOwnTrust }: Pick<TrustPanelProps, 'onOwnTrust'>): JSX.Element {
  const { trust: words } = useWords();
  const [refusal, setRefusal] = useState<string>();
  const take = async (files: FileList | null): Promise<void> => {
    try {
      const { readOwnTrust } = await import('./parse-trust.js');
      const own = await readOwnTrust([...(files ?? [])]);
      setRefusal(own === undefined ? words.missing : undefined);
      if (own !== undefined) onOwnTrust(own);
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    }
  };
  const input = (text: string, isFolder: boolean): JSX.Element => (
    <label class="button small">
      <input
        type="file"
        multiple
        class="visually-hidden"
        {...(isFolder ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          void take(currentTarget.files);
        }}
      />
      {text}
    </label>
  );
  return (
    <div class="own-trust no-print">
      <h3>{words.load}</h3>
      <p class="hint">{words.loadHint}</p>
      {input(words.loadFolder, true)} {input(words.loadFiles, false)}
      {refusal !== undefined && (
        <p class="refused" role="alert">
          {words.refused(refusal)}
        </p>
      )}
    </div>
  );
}
