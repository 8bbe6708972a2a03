/** The page at `/`: give receipts and documents, see the verdicts, see whom they rest on. */
import { type JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { type OpenHashWorker } from '../hashing/hash-file.js';
import { DropZone } from '../intake/drop-zone.js';
import { FingerprintForm } from '../intake/fingerprint-form.js';
import { useWords } from '../language/language.js';
import { SharedReceipt } from '../sharing/shared-receipt.js';
import { OfflinePanel } from '../trust/offline-panel.js';
import { TrustPanel } from '../trust/trust-panel.js';
import { type TrustSource } from '../trust/trust-source.js';
import { useSession } from './use-session.js';

interface VerifyPageProps {
  readonly openWorker: OpenHashWorker;
  /** The logs' own trust. */
  readonly builtIn: TrustSource;
  readonly isFile: boolean;
  /** Of a link `/v/{token}`. */
  readonly shareToken?: string;
}

export function VerifyPage({ openWorker, builtIn, isFile, shareToken }: VerifyPageProps): JSX.Element {
  const words = useWords();
  const [own, setOwn] = useState<TrustSource>();
  const trust = own ?? builtIn;
  const { view, engine, use } = useSession(openWorker, trust);
  const giveFiles = useCallback(
    (files: readonly File[]) => {
      use((session) => void session.give(files));
    },
    [use],
  );
  const giveReceipt = useCallback(
    (name: string, bytes: Uint8Array) => {
      use((session) => {
        session.giveReceipt(name, bytes);
      });
    },
    [use],
  );
  return (
    <>
      <div class="intro">
        <h1>{words.intro.heading}</h1>
        <p class="lead">{words.intro.text}</p>
      </div>
      <DropZone onFiles={giveFiles} />
      <p class="private">{words.intro.private}</p>
      <FingerprintForm
        onFingerprint={(algorithm, digest) => {
          use((session) => {
            session.giveFingerprint(algorithm, digest);
          });
        }}
      />
      {shareToken !== undefined && <SharedReceipt token={shareToken} onReceipt={giveReceipt} />}
      {engine === 'loading' && <p role="status">{words.loading}</p>}
      {engine === 'failed' && (
        <p class="refused" role="alert">
          {words.notLoaded}
        </p>
      )}
      {view && <view.Results session={view.session} state={view.state} isFile={isFile} />}
      <TrustPanel source={trust} isOwn={own !== undefined} isFile={isFile} onOwnTrust={setOwn} />
      {!isFile && <OfflinePanel />}
    </>
  );
}
