/** RFC 3161 in the browser. X.509 and CMS are loaded when the first token is met: most receipts never need them. */
import { portableCrypto } from '@cunzheng/crypto';
import { type VerifyTimestamp } from '@cunzheng/receipt';

let loading: Promise<VerifyTimestamp> | undefined;

export const verifyTimestamp: VerifyTimestamp = async (request) => {
  loading ??= import('@cunzheng/timestamp').then(({ createTimestampVerifier }) =>
    createTimestampVerifier(portableCrypto, Date.now),
  );
  return await (
    await loading
  )(request);
};
