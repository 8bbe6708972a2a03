/** One check: its outcome in a word, what it establishes, and behind it the values and the commands that repeat it. */
import { type Check } from '@cunzheng/receipt';
import { type JSX } from 'preact';
import { CopyButton } from '../copy-button.js';
import { formatTimes } from '../language/format-time.js';
import { useWords } from '../language/language.js';

interface CheckItemProps {
  readonly number: number;
  readonly check: Check;
  readonly commands: string;
}

const MARKS = { passed: '✓', failed: '✗', 'not checked': '–' } as const;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function CheckItem({ number, check, commands }: CheckItemProps): JSX.Element {
  const words = useWords();
  const { title, establishes } = words.checks[check.name];
  const facts = Object.entries(check.established);
  return (
    <li class={`check ${check.status.replace(' ', '-')}`}>
      <details>
        <summary>
          <span class="mark" aria-hidden="true">
            {MARKS[check.status]}
          </span>
          <span class="check-title">
            <span class="quiet">{number}</span> {title}
          </span>
          <span class="check-status">{words.status[check.status]}</span>
          {check.status === 'passed' ? (
            <span class="check-text">{establishes}</span>
          ) : (
            <span class="check-text">
              <Reason check={check} />
            </span>
          )}
        </summary>
        {check.reason && (
          <p class="technical">
            {words.check.reason}: <code>{check.reason.code}</code>{' '}
            <span lang="en">{check.reason.message}</span>
          </p>
        )}
        {facts.length > 0 && <Values facts={facts} />}
        <h5>{words.check.byHand}</h5>
        <p class="quiet">{words.check.byHandHint}</p>
        <div class="commands">
          <pre tabIndex={0}>
            <code>{commands}</code>
          </pre>
          <CopyButton text={commands} />
        </div>
      </details>
    </li>
  );
}

function Reason({ check: { reason } }: { readonly check: Check }): JSX.Element {
  const { reasons, otherReason } = useWords();
  const known: Readonly<Record<string, string>> = reasons;
  return <>{(reason && known[reason.code]) ?? otherReason}</>;
}

function Values({ facts }: { readonly facts: readonly (readonly [string, unknown])[] }): JSX.Element {
  const words = useWords();
  const names: Readonly<Record<string, string>> = words.values;
  return (
    <>
      <h5>{words.check.values}</h5>
      <dl class="values">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{names[name] ?? name}</dt>
            <dd class="mono">
              {[value].flat().map((item, index) => (
                <bdi key={index}>{formatValue(String(item))}</bdi>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function formatValue(value: string): string {
  if (!TIME.test(value)) return value;
  const { utc, beijing } = formatTimes(value);
  return `${utc} · ${beijing}`;
}
