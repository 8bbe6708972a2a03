/** A holder's selection: what it takes, what it refuses, and that the rest of the receipt verifies as before. */
import {
  filterDisclosures,
  listDisclosureNames,
  parseReceipt,
  ReceiptError,
  reduceReceipt,
  selectDisclosures,
} from '@cunzheng/receipt';
import { buildReceipt } from './build-receipt.js';
import { check, verify } from './verify-built.js';

const { receipt } = buildReceipt();
const { disclosures } = parseReceipt(receipt);
const namesOf = (text: string): string[] => listDisclosureNames(parseReceipt(text).disclosures).sort();

function refusal(names: readonly string[]): unknown {
  try {
    return selectDisclosures(disclosures, names);
  } catch (error) {
    return error instanceof ReceiptError ? [error.code, error.path] : error;
  }
}

describe('a selection of disclosures', () => {
  it.each([
    [[], []],
    [['title'], ['title']],
    [
      ['title', 'signer.0.name', 'title'],
      ['signer.0.name', 'title'],
    ],
    [['signer.0'], ['signer.0.assurance', 'signer.0.key', 'signer.0.name', 'signer.0.verification']],
  ])('%j shows %j and nothing else', (names, shown) => {
    const reduced = reduceReceipt(receipt, names);
    expect(namesOf(reduced)).toEqual(shown);
    expect({ ...parseReceipt(reduced), disclosures: [] }).toEqual({
      ...parseReceipt(receipt),
      disclosures: [],
    });
  });

  it.each([
    [['titel'], ['disclosure-name-unknown', '/0']],
    [
      ['title', 'token.0'],
      ['disclosure-absent', '/1'],
    ],
    [['signer.1'], ['disclosure-absent', '/0']],
    [['signer'], ['disclosure-name-unknown', '/0']],
    [['signer.10'], ['disclosure-name-unknown', '/0']],
    [['signer.0.'], ['disclosure-name-unknown', '/0']],
    [[''], ['disclosure-name-unknown', '/0']],
    [['_sd'], ['disclosure-name-unknown', '/0']],
    [['__proto__'], ['disclosure-name-unknown', '/0']],
  ])('%j is refused', (names, refused) => {
    expect(refusal(names)).toEqual(refused);
  });

  it('what is left out is withheld, and everything else verifies', async () => {
    const whole = await verify(receipt);
    const report = await verify(reduceReceipt(receipt, ['signer.0.name', 'title']));
    expect([whole.verdict, report.verdict]).toEqual(['holds', 'holds']);
    for (const { name, status } of whole.checks) {
      if (name === 'statement' || name === 'signers')
        expect(check(report, name)).toMatchObject({ status: 'not checked', reason: { code: 'withheld' } });
      else expect([name, check(report, name).status]).toEqual([name, status]);
    }
    expect(check(report, 'disclosures').established).toMatchObject({ shown: 2 });
  });

  it('a selection of a selection is a selection, and nothing comes back', () => {
    const first = reduceReceipt(receipt, ['signer.0', 'title']);
    expect(reduceReceipt(first, ['title'])).toBe(reduceReceipt(receipt, ['title']));
    expect(() => reduceReceipt(first, ['envelope'])).toThrow(ReceiptError);
  });
});

describe('a filter of disclosures', () => {
  it('keeps what is chosen, whole signers too, and asks for nothing that is not there', () => {
    const kept = (names: readonly string[]): string[] =>
      listDisclosureNames(filterDisclosures(disclosures, names)).sort();
    expect(kept(['title', 'metadata.x', 'signer.9', 'no-name'])).toEqual(['title']);
    expect(kept(['signer.0'])).toEqual(
      listDisclosureNames(disclosures)
        .filter((name) => name.startsWith('signer.0.'))
        .sort(),
    );
    expect(kept([])).toEqual([]);
  });
});
