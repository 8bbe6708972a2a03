/**
 * A holder's selection among disclosures (docs/formats/receipt.md): by name, or a whole signer by `signer.<i>`. What is
 * left out keeps its digest in the record, so a selection verifies like the whole, and anyone who holds more may select
 * without the service.
 */
import { ReceiptError } from '../errors.js';
import { parseDisclosureName } from './disclosure-values.js';
import { parseDisclosure } from './disclosure.js';

const SIGNER = /^signer\.[0-9]$/;

/**
 * The disclosures that `names` choose, in their given order. Throws ReceiptError `disclosure-name-unknown` for a name
 * that no record can have and `disclosure-absent` for one that is not here, its path the index in `names`; `disclosure-*`
 * for a disclosure of no such form.
 */
export function selectDisclosures(disclosures: readonly string[], names: readonly string[]): string[] {
  const parsed = disclosures.map((text) => ({ text, name: parseDisclosure(text).name }));
  const chosen = new Set<string>();
  names.forEach((wanted, index) => {
    const found = parsed.filter(({ name }) => isChosenBy(name, wanted));
    if (found.length === 0) throw refuse(wanted, index);
    for (const { text } of found) chosen.add(text);
  });
  return disclosures.filter((text) => chosen.has(text));
}

/**
 * Those of the disclosures that any of `names` chooses; a name that is not here chooses nothing. For a choice made for
 * many records, or before something was erased. Throws ReceiptError `disclosure-*` for a disclosure of no such form.
 */
export function filterDisclosures(disclosures: readonly string[], names: readonly string[]): string[] {
  return disclosures.filter((text) => {
    const { name } = parseDisclosure(text);
    return names.some((wanted) => isChosenBy(name, wanted));
  });
}

/** What the disclosures are called, in their order. Throws ReceiptError `disclosure-*` for one of no such form. */
export function listDisclosureNames(disclosures: readonly string[]): string[] {
  return disclosures.map((text) => parseDisclosure(text).name);
}

/** Whether `wanted`, a name or `signer.<i>`, means the disclosure called `name`. */
export function isChosenBy(name: string, wanted: string): boolean {
  return name === wanted || (SIGNER.test(wanted) && name.startsWith(`${wanted}.`));
}

/** Whether `wanted` is a name of the closed list, or a whole signer. */
export function isDisclosureChoice(wanted: string): boolean {
  return SIGNER.test(wanted) || parseDisclosureName(wanted) !== undefined;
}

function refuse(wanted: string, index: number): ReceiptError {
  const options = { path: `/${index}` };
  return isDisclosureChoice(wanted)
    ? new ReceiptError('disclosure-absent', 'nothing of this name is disclosed here', options)
    : new ReceiptError(
        'disclosure-name-unknown',
        'expected a name of the closed list, or signer.<i>',
        options,
      );
}
