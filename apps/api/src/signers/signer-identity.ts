/** A signer's identity as it is stored: J({name, type?, identifiers?, verification?}), sealed; empty once it was erased. */
import { formatCanonicalBytes } from '@cunzheng/canonical-json';
import { type ValueCipher, type ValuePlace } from '@cunzheng/persistence';
import { type SignerRequest } from './signers.schemas.js';

export function sealIdentity(
  values: ValueCipher,
  organization: number,
  signer: string,
  identity: SignerRequest,
): Buffer {
  return values.seal(placeOf(organization, signer), formatCanonicalBytes(identity));
}

/** The identity, or undefined when it was erased. */
export function readIdentity(
  values: ValueCipher,
  organization: number,
  signer: string,
  stored: Buffer,
): SignerRequest | undefined {
  if (stored.length === 0) return undefined;
  return JSON.parse(values.open(placeOf(organization, signer), stored).toString('utf8')) as SignerRequest;
}

const placeOf = (organization: number, signer: string): ValuePlace => ({
  organization,
  column: 'signer.identity',
  id: signer,
});
