/**
 * Asks the service whether somebody made evidence of a document public. Only its fingerprint is sent, and only when the
 * visitor asks for it: it is the one thing on the page that tells the service what is being looked at.
 */
import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from '../language/language.js';

interface PublicLookupProps {
  /** Hex. */
  readonly sha256: string;
  readonly onReceipt: (name: string, bytes: Uint8Array) => void;
}

export function PublicLookup({ sha256, onReceipt }: PublicLookupProps): JSX.Element {
  const { lookup } = useWords();
  const [state, setState] = useState<'idle' | 'asking' | 'none' | 'failed'>('idle');
  const ask = (): void => {
    setState('asking');
    fetchPublic(sha256).then(
      (receipts) => {
        setState(receipts.length === 0 ? 'none' : 'idle');
        receipts.forEach((receipt, index) => {
          onReceipt(`${lookup.name} ${index + 1}`, new TextEncoder().encode(receipt));
        });
      },
      () => {
        setState('failed');
      },
    );
  };
  return (
    <div class="no-print">
      <button class="button small" disabled={state === 'asking'} onClick={ask}>
        {lookup.ask}
      </button>
      <p class="hint">{lookup.explain}</p>
      <p role="status">{state === 'none' ? lookup.none : state === 'failed' ? lookup.failed : ''}</p>
    </div>
  );
}

async function fetchPublic(sha256: string): Promise<readonly string[]> {
  const response = await fetch(`/v1/public/evidence?fingerprint=sha-256:${sha256}`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { items } = (await response.json()) as { items: readonly { receipt: string }[] };
  return items.map(({ receipt }) => receipt);
}
