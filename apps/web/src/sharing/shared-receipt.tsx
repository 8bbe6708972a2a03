/** The receipt behind a link `/v/{token}`: what its owner chose to show, verified like any other. */
import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../language/language.js';

interface SharedReceiptProps {
  readonly token: string;
  readonly onReceipt: (name: string, bytes: Uint8Array) => void;
}

export function SharedReceipt({ token, onReceipt }: SharedReceiptProps): JSX.Element {
  const { shared } = useWords();
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading');
  useEffect(() => {
    fetchShared(token).then(
      (bytes) => {
        onReceipt('receipt.json', bytes);
        setState('loaded');
      },
      () => {
        setState('failed');
      },
    );
  }, [token, onReceipt]);
  return (
    <p class={state === 'failed' ? 'refused' : 'private'} role="status">
      {shared[state]}
    </p>
  );
}

async function fetchShared(token: string): Promise<Uint8Array> {
  const response = await fetch(`/v1/shares/${encodeURIComponent(token)}`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
