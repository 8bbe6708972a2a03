/** Something that is loaded for a view, and loaded again when what it depends on changes. */
import { useEffect, useState } from 'preact/hooks';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'loaded'; readonly value: T }
  | { readonly state: 'failed'; readonly error: Error };

/** `load` must be stable: it is run once for each identity. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  useEffect(() => {
    let isCurrent = true;
    setLoaded({ state: 'loading' });
    load().then(
      (value) => {
        if (isCurrent) setLoaded({ state: 'loaded', value });
      },
      (error: unknown) => {
        if (isCurrent) setLoaded({ state: 'failed', error: asError(error) });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [load]);
  return loaded;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
