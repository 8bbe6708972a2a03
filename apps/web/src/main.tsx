/** The page that the service serves: which of its pages an address means, and what it takes from the server. */
import './app.css';
import { type JSX, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Frame } from './frame.js';
import { openHashWorker } from './hashing/open-hash-worker.js';
import { LanguageProvider, useWords } from './language/language.js';
import { fetchLogTrust } from './trust/load-logs.js';
import { type TrustSource } from './trust/trust-source.js';
import { VerifyPage } from './verification/verify-page.js';

/** The token of a link `/v/{token}`. */
const shareToken = /^\/v\/([^/]+)$/.exec(location.pathname)?.[1];

function Page(): JSX.Element {
  const words = useWords();
  const [builtIn, setBuiltIn] = useState<TrustSource>({ kind: 'loading' });
  useEffect(() => {
    void fetchLogTrust().then(setBuiltIn);
  }, []);
  const operator = builtIn.kind === 'built-in' ? builtIn.logs[0]?.operator : undefined;
  return (
    <Frame page="verify" title={words.title} isFile={false} operator={operator}>
      <VerifyPage
        openWorker={openHashWorker}
        builtIn={builtIn}
        isFile={false}
        {...(shareToken === undefined ? {} : { shareToken })}
      />
    </Frame>
  );
}

const root = document.getElementById('app');
if (root)
  render(
    <LanguageProvider>
      <Page />
    </LanguageProvider>,
    root,
  );
