/**
 * Which language the page speaks: that of the visitor's browser, or what they switched to. Components take their words
 * from {@link useWords} and have none of their own.
 */
import { type ComponentChildren, createContext, type JSX } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { type Catalogue } from './catalogue.js';
import { en } from './en.js';
import { zh } from './zh.js';

export type Language = 'en' | 'zh';

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, zh };
const STORED_AS = 'language';

interface Speaking {
  readonly language: Language;
  readonly words: Catalogue;
  readonly speak: (language: Language) => void;
}

const LanguageContext = createContext<Speaking>({ language: 'en', words: en, speak: () => undefined });

export const useLanguage = (): Speaking => useContext(LanguageContext);

export const useWords = (): Catalogue => useContext(LanguageContext).words;

export function LanguageProvider({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [language, setLanguage] = useState<Language>(chooseLanguage);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  const speak = (chosen: Language): void => {
    setLanguage(chosen);
    remember(chosen);
  };
  return (
    <LanguageContext.Provider value={{ language, words: CATALOGUES[language], speak }}>
      {children}
    </LanguageContext.Provider>
  );
}

function chooseLanguage(): Language {
  const stored = recall();
  if (stored === 'en' || stored === 'zh') return stored;
  const preferred = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? 'en';
  return preferred.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Storage is a comfort: a page that may not keep anything (a file, a private window) asks the browser each time. */
function recall(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(STORED_AS, language);
  } catch {
    // Chosen for this visit only.
  }
}
