/** What is around every page: where one is, the language, and who runs this. */
import { type ComponentChildren, type JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { type Language, useLanguage } from './language/language.js';
import { type Operator } from './trust/trust-source.js';

interface FrameProps {
  readonly page: 'verify' | 'explorer';
  readonly title: string;
  /** Whether there is a server to have other pages. */
  readonly isFile: boolean;
  readonly operator: Operator | undefined;
  readonly children: ComponentChildren;
}

const LANGUAGES: readonly (readonly [Language, string])[] = [
  ['zh', '中文'],
  ['en', 'English'],
];

export function Frame({ page, title, isFile, operator, children }: FrameProps): JSX.Element {
  const { words } = useLanguage();
  useEffect(() => {
    document.title = `${title} · 存证 Cunzheng`;
  }, [title]);
  const link = (href: string, name: FrameProps['page']): JSX.Element => (
    <a href={href} aria-current={page === name ? 'page' : undefined}>
      {words.nav[name]}
    </a>
  );
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <header class="top">
        <span class="brand">
          <span class="seal" lang="zh-CN">
            存证
          </span>
          <span lang="en">Cunzheng</span>
        </span>
        {!isFile && (
          <nav aria-label={words.nav.label}>
            {link('/', 'verify')} {link('/explorer', 'explorer')}
          </nav>
        )}
        <LanguageSwitch />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer>{operator && <OperatorLine operator={operator} />}</footer>
    </>
  );
}

function LanguageSwitch(): JSX.Element {
  const { words, language, speak } = useLanguage();
  return (
    <div class="languages no-print" role="group" aria-label={words.language}>
      {LANGUAGES.map(([code, name]) => (
        <button
          key={code}
          lang={code}
          aria-pressed={language === code}
          onClick={() => {
            speak(code);
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function OperatorLine({ operator }: { readonly operator: Operator }): JSX.Element {
  const { footer } = useLanguage().words;
  const { name, creditCode, filingNumber } = operator;
  const parts = [
    [footer.operator, name],
    [footer.credit, creditCode],
    [footer.filing, filingNumber],
  ].filter(([, value]) => value !== undefined);
  return (
    <p>
      {parts.map(([label, value]) => (
        <span key={label}>
          {label}: <bdi>{value}</bdi>
        </span>
      ))}
    </p>
  );
}
