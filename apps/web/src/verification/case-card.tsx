/** The verdict on one receipt: word, claim and limits first, then what it is about, the times, and the twelve checks. */
import { type VerificationReport } from '@cunzheng/receipt';
import { type JSX } from 'preact';
import { type DocumentActions, DocumentName, DocumentState } from '../intake/document-state.js';
import { useLanguage, useWords } from '../language/language.js';
import { trustFor } from '../trust/parse-trust.js';
import { type TrustSource } from '../trust/trust-source.js';
import { commandsFor } from './by-hand.js';
import { CheckItem } from './check-item.js';
import { EvidenceFacts } from './evidence-facts.js';
import { fingerprintsOf, originOf, readProven } from './read-receipt.js';
import { type Case } from './session.js';
import { Times } from './times.js';
import { VerdictBanner } from './verdict-banner.js';

interface CaseCardProps {
  readonly of: Case;
  readonly trust: TrustSource;
  readonly actions: DocumentActions;
}

export function CaseCard({ of: { receipt, partner, report }, trust, actions }: CaseCardProps): JSX.Element {
  const words = useWords();
  return (
    <article class="case" aria-labelledby={`case-${receipt.id}`}>
      {report ? (
        <VerdictBanner id={`case-${receipt.id}`} report={report} />
      ) : (
        <h2 id={`case-${receipt.id}`} class="quiet" aria-live="polite">
          {partner.kind === 'pending' ? words.case.waiting : words.case.verifying}
        </h2>
      )}
      <dl class="subject">
        <div>
          <dt>{words.case.receipt}</dt>
          <dd>
            <bdi>{receipt.name}</bdi>
          </dd>
        </div>
        <div>
          <dt>{words.case.document}</dt>
          <dd>
            {partner.kind === 'document' ? (
              <>
                <DocumentName document={partner.document} />
                <DocumentState document={partner.document} actions={actions} />
              </>
            ) : (
              words.case.noDocument
            )}
          </dd>
        </div>
      </dl>
      {report && <Findings report={report} bytes={receipt.bytes} trust={trust} />}
    </article>
  );
}

interface FindingsProps {
  readonly report: VerificationReport;
  readonly bytes: Uint8Array;
  readonly trust: TrustSource;
}

function Findings({ report, bytes, trust }: FindingsProps): JSX.Element {
  const words = useWords();
  const { language } = useLanguage();
  const shown = readProven(bytes, report);
  return (
    <>
      <section class="claim">
        <h3>{words.case.claim}</h3>
        <p>{language === 'zh' ? report.claimZh : report.claim}</p>
        <Limits report={report} hasSigners={(shown?.record.signers ?? 0) > 0} />
      </section>
      {shown && (
        <>
          <EvidenceFacts shown={shown} report={report} />
          <Times report={report} />
        </>
      )}
      <Checks report={report} bytes={bytes} trust={trust} />
    </>
  );
}

function Limits({
  report,
  hasSigners,
}: {
  readonly report: VerificationReport;
  readonly hasSigners: boolean;
}): JSX.Element {
  const { limits, limitTexts } = useWords().case;
  const isAlone = report.operatorAlone && report.verdict === 'holds';
  return (
    <>
      <h3>{limits}</h3>
      <ul>
        {isAlone && <li>{limitTexts.operator}</li>}
        <li>{limitTexts.content}</li>
        {hasSigners && <li>{limitTexts.identity}</li>}
        <li>{limitTexts.hash}</li>
      </ul>
    </>
  );
}

function Checks({ report, bytes, trust }: FindingsProps): JSX.Element {
  const words = useWords();
  const count = (status: string): number => report.checks.filter((check) => check.status === status).length;
  const input = byHandInput(report, bytes, trust);
  return (
    <section>
      <h3>
        {words.case.checks}{' '}
        <span class="quiet">{words.case.tally(count('passed'), count('failed'), count('not checked'))}</span>
      </h3>
      <ol class="checks">
        {report.checks.map((check, index) => (
          <CheckItem
            key={check.name}
            number={index + 1}
            check={check}
            commands={commandsFor(check.name, input)}
          />
        ))}
      </ol>
    </section>
  );
}

function byHandInput(
  { checks }: VerificationReport,
  bytes: Uint8Array,
  source: TrustSource,
): Parameters<typeof commandsFor>[1] {
  const origin = originOf(bytes);
  const trust = trustFor(source, origin);
  const cosigned = checks.find(({ name }) => name === 'witnesses')?.established['witnesses'];
  return {
    trust,
    origin,
    algorithms: fingerprintsOf(bytes).map(({ algorithm }) => algorithm),
    witnesses: Array.isArray(cosigned) ? cosigned.map(String) : [],
  };
}
