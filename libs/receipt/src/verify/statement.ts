/**
 * Check 10, `statement`: the envelope that is shown holds a canonical statement for this service that says the same as the
 * record, and every signature verifies with the key that is disclosed for its signer. A hidden envelope or key leaves the
 * check `not checked`: nothing is wrong with showing less.
 */
import { computeKeyid, type PublicKey, type SignatureName } from '@cunzheng/crypto';
import { parseOrigin } from '@cunzheng/ledger';

import { decodeBase64 } from '../encoding/base64.js';
import { type DisclosedRecord } from '../record/match-disclosures.js';
import { type EvidenceRecord } from '../record/record.js';
import { type Envelope, parseEnvelope } from '../statement/envelope.js';
import { findStatementMismatches, findUnstated } from '../statement/match-statement.js';
import { type SignerResult, verifyEnvelope } from '../statement/verify-envelope.js';
import { type Checked, failed, notChecked, passed } from './checked.js';
import { type VerifierContext } from './context.js';

/** One result per signer, in order. */
export type SignedStatement = readonly SignerResult[];

/** What was found, also where the check could not be completed: who signed is for check 11 to use. */
export interface StatementCheck {
  readonly checked: Checked;
  readonly signers?: SignedStatement;
}

export function checkStatement(
  context: VerifierContext,
  record: EvidenceRecord,
  shown: DisclosedRecord,
): StatementCheck {
  if (shown.envelope === undefined) {
    const checked =
      record.signers === 0
        ? notChecked('no-signers', 'the record has no signers')
        : notChecked('withheld', 'the envelope is not shown');
    return { checked };
  }
  const envelope = parseEnvelope(shown.envelope);
  const mismatch = findMismatch(envelope, record, shown);
  if (mismatch !== undefined) return { checked: mismatch };
  return verifySignatures(context, envelope, shown);
}

function findMismatch(
  { statement }: Envelope,
  record: EvidenceRecord,
  shown: DisclosedRecord,
): Checked<never> | undefined {
  const names = findStatementMismatches({ ...shown, fingerprints: record.fingerprints }, statement);
  if (names.length > 0) {
    return failed('statement-mismatch', `statement and record differ in ${names.join(', ')}`);
  }
  if (statement.signers.length !== record.signers) {
    const message = `statement has ${statement.signers.length} signers, record ${record.signers}`;
    return failed('statement-mismatch', message);
  }
  const { host } = parseOrigin(record.log);
  if (statement.service === host) return undefined;
  return failed('service-mismatch', `the statement is meant for ${statement.service}, not for ${host}`);
}

function verifySignatures(
  context: VerifierContext,
  envelope: Envelope,
  shown: DisclosedRecord,
): StatementCheck {
  const { statement } = envelope;
  const keys = new Map<string, PublicKey>();
  for (const [index, { alg, keyid }] of statement.signers.entries()) {
    const spki = shown.signers[index]?.key;
    if (spki === undefined || !context.crypto.isSignatureName(alg)) continue;
    const imported = importSignerKey(context, alg, spki);
    if (imported.keyid !== keyid) {
      return {
        checked: failed('keyid-mismatch', `the key of signer ${index} is not the one the statement names`),
      };
    }
    keys.set(keyid, imported.key);
  }
  const signers = verifyEnvelope(context.crypto, envelope, keys);
  const unstated = findUnstated(shown, statement);
  const facts = {
    createdAt: statement.createdAt,
    organization: statement.organization,
    keyids: [...keys.keys()],
    ...(unstated.length === 0 ? {} : { unstated }),
  };
  return { checked: judge(signers, facts), signers };
}

function importSignerKey(
  { crypto, signerKeys }: VerifierContext,
  alg: SignatureName,
  base64: string,
): { keyid: string; key: PublicKey } {
  const name = `${alg} ${base64}`;
  const known = signerKeys.get(name);
  if (known !== undefined) return known;
  const spki = decodeBase64(base64) ?? new Uint8Array();
  const imported = { keyid: computeKeyid(crypto, spki), key: crypto.signature(alg).importPublicKey(spki) };
  signerKeys.add(name, imported);
  return imported;
}

function judge(signers: SignedStatement, facts: Checked['established']): Checked {
  const indexOf = (...results: SignerResult['result'][]): number =>
    signers.findIndex(({ result }) => results.includes(result));
  const invalid = indexOf('invalid', 'key-mismatch');
  if (invalid >= 0) return failed('signature-invalid', `the signature of signer ${invalid} does not verify`);
  const unsupported = indexOf('algorithm-unsupported');
  if (unsupported >= 0) {
    const message = `the algorithm ${signers[unsupported]?.alg ?? ''} of signer ${unsupported} is not supported here`;
    return notChecked('signature-unsupported', message, facts);
  }
  const missing = indexOf('key-missing');
  if (missing >= 0) return notChecked('withheld', `the key of signer ${missing} is not shown`, facts);
  return passed(facts);
}
