/**
 * Check 11, `signers`: whether what is shown supports the assurance that the record states, which is that of its weakest
 * signer. `asserted` needs a name, `key` a signature that verified with the disclosed key, `certificate` besides that a chain
 * to the verifier's roots. Who is meant is according to the operator; revocation is a matter apart.
 */
import { type SignerDisclosures } from '../record/disclosure-values.js';
import { type DisclosedRecord } from '../record/match-disclosures.js';
import { ASSURANCES, type Assurance, type EvidenceRecord } from '../record/record.js';
import { type Checked, failed, notChecked, passed } from './checked.js';
import { type Facts } from './report.js';
import { checkCertificates, type CertificatesContext } from './signer-certificates.js';
import { areKeysKnown, checkRevocations, type RevocationContext } from './signer-revocations.js';
import { type StatementCheck } from './statement.js';

export type SignersContext = CertificatesContext & RevocationContext;

/** What came of one signer: for people, and why it stays open if it does. */
interface SignerFinding {
  readonly line: string;
  readonly revoked: readonly string[];
  readonly open: Checked<never> | undefined;
}

export async function checkSigners(
  context: SignersContext,
  record: EvidenceRecord,
  shown: DisclosedRecord,
  statement: StatementCheck,
): Promise<Checked<never>> {
  if (record.signers === 0) return notChecked('no-signers', 'the record has no signers');
  const facts = factsOf(record, shown.signers);
  const stated = shown.signers.map(({ assurance }) => assurance);
  if (isContradicted(record.assurance, stated)) {
    const message = `the signers' assurance is not that of the record, ${record.assurance}`;
    return failed('assurance-mismatch', message, facts);
  }
  const findings: SignerFinding[] = [];
  for (const [index, signer] of shown.signers.entries()) {
    findings.push(await findSigner(context, index, signer, signer.assurance ?? record.assurance, statement));
  }
  const established = { ...facts, ...summarize(context, shown.signers, statement, findings) };
  const open = findings.filter((finding) => finding.open !== undefined);
  const worst = open.find((finding) => finding.open?.status === 'failed') ?? open[0];
  return worst?.open === undefined ? passed(established) : { ...worst.open, established };
}

/** Whether the record's assurance cannot be that of the weakest signer, as far as the signers' are shown. */
function isContradicted(assurance: Assurance, stated: readonly (Assurance | undefined)[]): boolean {
  const rank = (value: Assurance): number => ASSURANCES.indexOf(value);
  const known = stated.filter((value) => value !== undefined).map(rank);
  if (known.some((value) => value < rank(assurance))) return true;
  return known.length === stated.length && Math.min(...known) !== rank(assurance);
}

async function findSigner(
  context: SignersContext,
  index: number,
  signer: SignerDisclosures,
  assurance: Assurance,
  statement: StatementCheck,
): Promise<SignerFinding> {
  const name = signer.name ?? 'withheld';
  if (assurance === 'asserted') {
    const line = `${name}: as stated by the platform`;
    const open =
      signer.name === undefined
        ? notChecked('withheld', `the name of signer ${index} is not shown`)
        : undefined;
    return { line, revoked: [], open };
  }
  const { lines: revoked, open: revocation } = checkRevocations(
    context,
    index,
    signer,
    statement.signers?.[index]?.keyid,
  );
  const unsigned = checkSignature(index, statement);
  // Nothing is established by a signature that fails, is not shown or cannot be checked.
  if (unsigned !== undefined) return { line: `${name}: signature not confirmed`, revoked, open: unsigned };
  if (assurance === 'key')
    return { line: `${name}: signed with a registered key`, revoked, open: revocation };
  const named = await checkCertificates(context, index, signer);
  if ('status' in named) {
    // A key that was revoked says more than a chain that is not shown.
    return { line: `${name}: signed, certificate not confirmed`, revoked, open: worse(revocation, named) };
  }
  return {
    line: `${name}: signed with a certificate of ${named.subject}, issued by ${named.issuer}`,
    revoked,
    open: revocation,
  };
}

function worse(first: Checked<never> | undefined, second: Checked<never>): Checked<never> {
  return first === undefined || second.status === 'failed' ? second : first;
}

/** Why the signature does not show what it should; undefined if it does. */
function checkSignature(index: number, statement: StatementCheck): Checked<never> | undefined {
  const result = statement.signers?.[index]?.result;
  if (result === 'valid') return undefined;
  if (result === 'invalid' || result === 'key-mismatch') {
    return failed('signature-invalid', `the signature of signer ${index} does not verify`);
  }
  if (result === 'algorithm-unsupported') {
    return notChecked('signature-unsupported', `the algorithm of signer ${index} is not supported here`);
  }
  if (statement.checked.status === 'failed') return notChecked('statement-failed', 'the statement failed');
  return notChecked('withheld', `envelope or key of signer ${index} are not shown`);
}

function factsOf(record: EvidenceRecord, signers: readonly SignerDisclosures[]): Facts {
  const names = signers.flatMap(({ name }) => name ?? []);
  const methods = signers.flatMap(({ verification }) => verification?.method ?? []);
  return {
    assurance: record.assurance,
    accordingTo: record.log,
    ...(names.length === 0 ? {} : { names }),
    ...(methods.length === 0 ? {} : { verifiedBy: methods }),
  };
}

/** What was found of each signer, and whether revocations could be looked at. */
function summarize(
  { revocations }: SignersContext,
  signers: readonly SignerDisclosures[],
  statement: StatementCheck,
  findings: readonly SignerFinding[],
): Facts {
  const keyids = statement.signers?.map(({ keyid }) => keyid) ?? [];
  const isChecked = revocations !== undefined && areKeysKnown(signers, keyids);
  const revoked = findings.flatMap((finding) => finding.revoked);
  return {
    signers: findings.map(({ line }) => line),
    revocation: isChecked ? 'checked' : 'not checked',
    ...(revoked.length === 0 ? {} : { revoked }),
  };
}
