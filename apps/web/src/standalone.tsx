/** `verify.html`: the verify page as one file, with nothing to fetch and nowhere to send. */
import './app.css';
import { type JSX, render } from 'preact';
import { Frame } from './frame.js';
import { openInlineHashWorker } from './hashing/open-inline-hash-worker.js';
import { LanguageProvider, useWords } from './language/language.js';
import { readLogTrust } from './trust/load-logs.js';
import { VerifyPage } from './verification/verify-page.js';

const builtIn = readLogTrust();
const operator = builtIn.kind === 'built-in' ? builtIn.logs[0]?.operator : undefined;

function File(): JSX.Element {
  return (
    <Frame page="verify" title={useWords().title} isFile operator={operator}>
      <VerifyPage openWorker={openInlineHashWorker} builtIn={builtIn} isFile />
    </Frame>
  );
}

const root = document.getElementById('app');
if (root)
  render(
    <LanguageProvider>
      <File />
    </LanguageProvider>,
    root,
  );
