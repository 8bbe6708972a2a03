/** The code of the TimestampError that a promise ends in, or `none`. */
import { TimestampError } from '@cunzheng/timestamp';

export async function outcome(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'none';
  } catch (error) {
    if (error instanceof TimestampError) return error.code;
    throw error;
  }
}
