/** In place of what is not there yet, or could not be had. */
import { type JSX } from 'preact';
import { type Loaded } from './use-loaded.js';
import { useExplorerWords } from './words.js';

export function Pending({ of }: { readonly of: Exclude<Loaded<unknown>, { state: 'loaded' }> }): JSX.Element {
  const words = useExplorerWords();
  if (of.state === 'loading') return <p role="status">{words.loading} …</p>;
  return (
    <p class="refused" role="alert">
      {words.failed(of.error.message)}
    </p>
  );
}
