/** Copies a text; where the browser forbids it (a page from a file) the button is not there. */
import { type JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useWords } from './language/language.js';

export function CopyButton({ text }: { readonly text: string }): JSX.Element | null {
  const { check } = useWords();
  const [isCopied, setIsCopied] = useState(false);
  if (!isSecureContext) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setIsCopied(true);
      },
      () => {
        setIsCopied(false);
      },
    );
  };
  return (
    <button type="button" class="button small copy" onClick={copy}>
      <span role="status">{isCopied ? check.copied : check.copy}</span>
    </button>
  );
}
