/**
 * The session of a page. The engine behind it is loaded when something is given for the first time, so that the page
 * itself opens at once.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type OpenHashWorker } from '../hashing/hash-file.js';
import { type TrustSource } from '../trust/trust-source.js';
import type * as Engine from './engine.js';

interface OpenSession {
  readonly session: Engine.Session;
  readonly Results: typeof Engine.Results;
}

export interface UsedSession {
  /** What to draw, once there is a session. */
  readonly view: (OpenSession & { readonly state: Engine.Session['state'] }) | undefined;
  /** Whether the engine is on its way, or could not be loaded. */
  readonly engine: 'absent' | 'loading' | 'loaded' | 'failed';
  /** Runs `work` on the session; opens it first if need be. */
  readonly use: (work: (session: Engine.Session) => void) => void;
}

export function useSession(openWorker: OpenHashWorker, trust: TrustSource): UsedSession {
  const opening = useRef<Promise<OpenSession> | undefined>(undefined);
  const latestTrust = useRef(trust);
  const [engine, setEngine] = useState<UsedSession['engine']>('absent');
  const [view, setView] = useState<UsedSession['view']>();
  latestTrust.current = trust;
  const open = useCallback(async (): Promise<OpenSession> => {
    setEngine('loading');
    const { Session, Results } = await import('./engine.js');
    const session = new Session(openWorker, (state) => {
      setView({ session, Results, state });
    });
    session.setTrust(latestTrust.current);
    setEngine('loaded');
    return { session, Results };
  }, [openWorker]);
  useEffect(() => {
    void opening.current?.then(({ session }) => {
      session.setTrust(trust);
    });
  }, [trust]);
  const use = useCallback<UsedSession['use']>(
    (work) => {
      opening.current ??= open();
      opening.current.then(
        ({ session }) => {
          work(session);
        },
        () => {
          // The next attempt asks again.
          opening.current = undefined;
          setEngine('failed');
        },
      );
    },
    [open],
  );
  return { view, engine, use };
}
