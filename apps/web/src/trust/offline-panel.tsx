/** The same program as one file, and the hash to know it by. */
import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../language/language.js';

export function OfflinePanel(): JSX.Element {
  const { offline } = useWords();
  const [hash, setHash] = useState<string>();
  useEffect(() => {
    fetch('/verify.html.sha256')
      .then((response) => (response.ok ? response.text() : undefined))
      .then(
        (line) => {
          setHash(line?.split(' ')[0]);
        },
        () => undefined,
      );
  }, []);
  return (
    <section class="panel no-print" aria-labelledby="offline-heading">
      <h2 id="offline-heading">{offline.heading}</h2>
      <p>{offline.explain}</p>
      <a class="button" href="/verify.html" download="verify.html">
        {offline.download}
      </a>
      {hash !== undefined && (
        <>
          <p class="hint">
            {offline.hash}: <span class="mono">{hash}</span>
          </p>
          <p class="hint">{offline.compare}</p>
          <pre tabIndex={0}>
            <code>sha256sum verify.html</code>
          </pre>
        </>
      )}
    </section>
  );
}
