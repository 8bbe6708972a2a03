/** Sizes and indices in the text formats of transparency logs: ASCII decimals without leading zeros. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/** The integer 0…2^53−1 that a text is, or undefined for any other text. */
export function parseDecimal(text: string): number | undefined {
  const value = DECIMAL.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
