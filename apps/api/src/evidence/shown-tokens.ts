/** What the timestamp tokens of a record say, for its resource: they counted when the record was accepted. */
import { describeToken } from '@cunzheng/timestamp';

export interface ShownToken {
  readonly time: string;
  readonly accuracyMs: number;
  /** Name in the certificate that signed, if the token carries it. */
  readonly tsa?: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
}

const NAME = /^\["[0-9a-f]{32}","token\.\d+","/;

/** In the order of their indexes; `disclosures` are those of the record. */
export function showTokens(disclosures: readonly string[]): ShownToken[] {
  return disclosures.flatMap((disclosure) => {
    const text = Buffer.from(disclosure, 'base64url').toString('utf8');
    if (!NAME.test(text)) return [];
    const [, , value] = JSON.parse(text) as [string, string, string];
    const { genTimeMs, accuracyMs, tsa, serialNumber } = describeToken(Buffer.from(value, 'base64'));
    const time = new Date(genTimeMs).toISOString();
    return [{ time, accuracyMs, ...(tsa !== undefined && { tsa }), serialNumber }];
  });
}
