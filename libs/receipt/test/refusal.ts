/** The code and path of the ReceiptError that a call must throw. */
import { ReceiptError } from '@cunzheng/receipt';

export function refusal(run: () => unknown): { code: string; path: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ReceiptError) return { code: error.code, path: error.path };
    throw error;
  }
  throw new Error('expected a ReceiptError, got a value');
}

/** Only the code. */
export function refusalCode(run: () => unknown): string {
  return refusal(run).code;
}
