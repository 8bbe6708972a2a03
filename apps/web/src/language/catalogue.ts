/** The form of a catalogue: every key of the English one, with texts and sentences of its own. The compiler holds it. */
import { type en } from './en.js';

export type Wording<T> = T extends string
  ? string
  : T extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof T]: Wording<T[Key]> };

export type Catalogue = Wording<typeof en>;
