/** The code of the X509Error that a call must end in. */
import { X509Error } from '@cunzheng/x509';

export function refusalCode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof X509Error) return error.code;
    throw error;
  }
  throw new Error('expected an X509Error, got a value');
}

/** The code, or `none` for a promise that is fulfilled. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    if (error instanceof X509Error) return error.code;
    throw error;
  }
}
