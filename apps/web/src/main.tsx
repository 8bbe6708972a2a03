/** The page that the service serves: which of its pages an address means, and what it takes from the server. */
import './app.css';
import { type JSX, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type * as ExplorerModule from './explorer/explorer-page.js';
import { Frame } from './frame.js';
import { openHashWorker } from './hashing/open-hash-worker.js';
import { LanguageProvider, useWords } from './language/language.js';
import { fetchLogTrust } from './trust/load-logs.js';
import { type TrustSource } from './trust/trust-source.js';
import { VerifyPage } from './verification/verify-page.js';

/** The token of a link `/v/{token}`. */
const shareToken = /^\/v\/([^/]+)$/.exec(location.pathname)?.[1];

const isExplorer = location.pathname === '/explorer';

function Page(): JSX.Element {
  const words = useWords();
  const [builtIn, setBuiltIn] = useState<TrustSource>({ kind: 'loading' });
  useEffect(() => {
    void fetchLogTrust().then(setBuiltIn);
  }, []);
  const operator = builtIn.kind === 'built-in' ? builtIn.logs[0]?.operator : undefined;
  const page = isExplorer ? 'explorer' : 'verify';
  return (
    <Frame
      page={page}
      title={isExplorer ? words.nav.explorer : words.title}
      isFile={false}
      operator={operator}
    >
      {isExplorer ? (
        <Explorer logs={builtIn} />
      ) : (
        <VerifyPage
          openWorker={openHashWorker}
          builtIn={builtIn}
          isFile={false}
          {...(shareToken === undefined ? {} : { shareToken })}
        />
      )}
    </Frame>
  );
}

/** Loaded by who goes there. */
function Explorer({ logs }: { readonly logs: TrustSource }): JSX.Element {
  const words = useWords();
  const [ExplorerPage, setExplorerPage] = useState<typeof ExplorerModule.ExplorerPage>();
  const [isFailed, setIsFailed] = useState(false);
  useEffect(() => {
    import('./explorer/explorer-page.js').then(
      (loaded) => {
        setExplorerPage(() => loaded.ExplorerPage);
      },
      () => {
        setIsFailed(true);
      },
    );
  }, []);
  if (isFailed)
    return (
      <p class="refused" role="alert">
        {words.notLoaded}
      </p>
    );
  return ExplorerPage ? <ExplorerPage logs={logs} /> : <p role="status">{words.loading}</p>;
}

const root = document.getElementById('app');
if (root)
  render(
    <LanguageProvider>
      <Page />
    </LanguageProvider>,
    root,
  );
