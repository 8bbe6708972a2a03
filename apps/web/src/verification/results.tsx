/** What came of all that was given: a card for every receipt, and the documents that belong to none. */
import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type DocumentActions, DocumentName, DocumentState } from '../intake/document-state.js';
import { type GivenDocument } from '../intake/given.js';
import { formatTimes } from '../language/format-time.js';
import { useWords } from '../language/language.js';
import { PublicLookup } from '../sharing/public-lookup.js';
import { CaseCard } from './case-card.js';
import { type Session, type SessionState, type StampCase } from './session.js';

interface ResultsProps {
  readonly session: Session;
  readonly state: SessionState;
  /** Whether there is no service to ask. */
  readonly isFile: boolean;
}

export function Results({ session, state, isFile }: ResultsProps): JSX.Element | null {
  const words = useWords();
  const actions = useMemo((): DocumentActions => actionsOf(session), [session]);
  const onReceipt = useMemo(
    () => (name: string, bytes: Uint8Array) => {
      session.giveReceipt(name, bytes);
    },
    [session],
  );
  const loose = state.documents.filter(({ id, isCarrier }) => isCarrier !== true && !isPaired(state, id));
  if (state.cases.length + state.documents.length + state.unreadable.length === 0) return null;
  return (
    <>
      <p class="given" role="status">
        {words.drop.added(state.cases.length, state.documents.length)}{' '}
        <button
          class="link no-print"
          onClick={() => {
            session.clear();
          }}
        >
          {words.drop.clear}
        </button>
      </p>
      {state.unreadable.map(({ name, reason }) => (
        <p key={name} class="refused" role="alert">
          {words.drop.unreadable(name, reason)}
        </p>
      ))}
      {state.stamps.map((each, index) => (
        <Stamp key={index} of={each} />
      ))}
      {state.cases.map((each) => (
        <CaseCard key={each.receipt.id} of={each} trust={state.trust} actions={actions} />
      ))}
      {loose.length > 0 && (
        <LooseDocuments
          documents={loose}
          hasReceipts={state.cases.length > 0}
          actions={actions}
          onReceipt={isFile ? undefined : onReceipt}
        />
      )}
    </>
  );
}

function Stamp({ of: { stamp, result } }: { readonly of: StampCase }): JSX.Element | null {
  const words = useWords().stamp;
  if (result === undefined) return null;
  if (result === null) return <p class="quiet">{words.notChecked(stamp.name)}</p>;
  if (!result.valid)
    return (
      <p class="refused" role="alert">
        {words.refused(stamp.name, result.reason)}
      </p>
    );
  const { utc, beijing } = formatTimes(new Date(result.genTimeMs).toISOString());
  const { name } = stamp;
  return <p>{words.holds(name, result.tsa, `${utc} · ${beijing}`, result.accuracyMs / 1_000)}</p>;
}

function actionsOf(session: Session): DocumentActions {
  return {
    cancel: (document) => {
      session.cancelHashing(document);
    },
    again: (document) => {
      session.hashAgain(document);
    },
    remove: (document) => {
      session.removeDocument(document);
    },
  };
}

function isPaired({ cases }: SessionState, document: number): boolean {
  return cases.some(({ partner }) => partner.kind === 'document' && partner.document.id === document);
}

interface LooseDocumentsProps {
  readonly documents: readonly GivenDocument[];
  readonly hasReceipts: boolean;
  readonly actions: DocumentActions;
  /** Takes what a public lookup finds. */
  readonly onReceipt: ((name: string, bytes: Uint8Array) => void) | undefined;
}

function LooseDocuments({ documents, hasReceipts, actions, onReceipt }: LooseDocumentsProps): JSX.Element {
  const words = useWords().document;
  return (
    <section class="panel" aria-labelledby="loose-heading">
      <h2 id="loose-heading">{words.heading}</h2>
      {documents.map((document) => (
        <div key={document.id} class="loose">
          <p>
            <strong>
              <DocumentName document={document} />
            </strong>{' '}
            <button
              class="link no-print"
              onClick={() => {
                actions.remove(document.id);
              }}
            >
              {words.remove}
            </button>
          </p>
          {document.hashing.state === 'done' && <p>{hasReceipts ? words.unmatched : words.alone}</p>}
          <DocumentState document={document} actions={actions} />
          {onReceipt !== undefined && document.digests['sha-256'] !== undefined && (
            <PublicLookup sha256={document.digests['sha-256']} onReceipt={onReceipt} />
          )}
        </div>
      ))}
    </section>
  );
}
