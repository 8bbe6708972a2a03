/** X.509 of signers in the browser, loaded when the first certificate is met: most receipts never need it. */
import { portableCrypto } from '@cunzheng/crypto';
import { type VerifyCertificates } from '@cunzheng/receipt';

let loading: Promise<VerifyCertificates> | undefined;

export const verifyCertificates: VerifyCertificates = async (request) => {
  loading ??= import('@cunzheng/x509').then(({ createSignerCertificatesVerifier }) =>
    createSignerCertificatesVerifier(portableCrypto),
  );
  return await (
    await loading
  )(request);
};
