/** The explorer's words: a catalogue of its own, loaded with it. */
import { useLanguage } from '../language/language.js';
import { type Wording } from '../language/catalogue.js';
import { explorerEn } from './words-en.js';
import { explorerZh } from './words-zh.js';

const CATALOGUES: Readonly<Record<'en' | 'zh', Wording<typeof explorerEn>>> = {
  en: explorerEn,
  zh: explorerZh,
};

export function useExplorerWords(): Wording<typeof explorerEn> {
  return CATALOGUES[useLanguage().language];
}
