/** The verdict in one word and one sentence. Colour only repeats what word and sign already say. */
import { type VerificationReport } from '@cunzheng/receipt';
import { type JSX } from 'preact';
import { useWords } from '../language/language.js';

const SIGNS = {
  holds: 'M10 25l9 9 19-21',
  altered: 'M13 13l22 22M35 13L13 35',
  'other-document': 'M10 18h28M10 30h28M31 9L17 39',
  incomplete: 'M24 10v18M24 35v3',
  unverifiable: 'M17 18c0-10 15-10 15 0 0 7-8 6-8 13M24 37v2',
} as const;

interface VerdictBannerProps {
  readonly id: string;
  readonly report: VerificationReport;
}

export function VerdictBanner({ id, report }: VerdictBannerProps): JSX.Element {
  const { verdicts, case: words } = useWords();
  const { verdict } = report;
  const isAlone = verdict === 'holds' && report.operatorAlone;
  return (
    <div class={`verdict ${verdict}${isAlone ? ' alone' : ''}`} role="status">
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <path d={SIGNS[verdict]} />
      </svg>
      <div>
        <h2 id={id}>
          {verdicts[verdict].title}
          {isAlone && <span class="alone-text"> {verdicts.holdsAlone}</span>}
        </h2>
        <p>{describe(report, verdicts)}</p>
      </div>
      <button
        class="button small no-print"
        onClick={() => {
          print();
        }}
      >
        {words.print}
      </button>
    </div>
  );
}

function describe(
  { verdict, checks }: VerificationReport,
  verdicts: ReturnType<typeof useWords>['verdicts'],
): string {
  if (verdict !== 'holds') return verdicts[verdict].text;
  const isCompared = checks.some(({ name, status }) => name === 'document' && status === 'passed');
  return isCompared ? verdicts.holds.compared : verdicts.holds.receiptOnly;
}
