/**
 * What tokens and certificates of one receipt may cost: a receipt is hostile, and can bring hundreds of kilobytes of
 * certificates that are all to be tried. The injected verifiers count the signatures they verify on one account, and give up
 * what comes after its end: it does not count, as if it were not there.
 */
import { type CertificatesRequest, type VerifyCertificates } from './signer-certificates.js';
import { type TimestampRequest, type VerifyTimestamp } from './timestamps.js';

/** An honest receipt needs about five for each token, and two for each signer with a certificate. */
const MAX_SIGNATURES = 256;

export interface InjectedVerifiers {
  readonly verifyTimestamp?: VerifyTimestamp | undefined;
  readonly verifyCertificates?: VerifyCertificates | undefined;
}

/** The verifiers for one receipt. */
export function limitSignatures({
  verifyTimestamp,
  verifyCertificates,
}: InjectedVerifiers): InjectedVerifiers {
  let left = MAX_SIGNATURES;
  const takeSignature = (): boolean => left-- > 0;
  return {
    verifyTimestamp:
      verifyTimestamp && ((request: TimestampRequest) => verifyTimestamp({ ...request, takeSignature })),
    verifyCertificates:
      verifyCertificates &&
      ((request: CertificatesRequest) => verifyCertificates({ ...request, takeSignature })),
  };
}
