/**
 * What a certificate says, before it is drawn: sections of rows, each a label and what the receipt or the report of its
 * verification gives for it. Nothing is said here that neither of them says.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { hashBlockHeader, parseBlockHeader, type Operator } from '@cunzheng/ledger';
import {
  checkDisclosures,
  parseReceipt,
  parseRecord,
  type DisclosedRecord,
  type EvidenceRecord,
  type Receipt,
  type SignerDisclosures,
  type SignerVerification,
  type VerificationReport,
} from '@cunzheng/receipt';
import { formatBothTimes } from './times.js';
import { WORDS, type Wording } from './wording.js';

/** A value is quoted, or is wording of ours. */
export type Value = string | Wording;

export interface Row {
  readonly label: Value;
  readonly values: readonly Value[];
}

export interface Section {
  readonly heading: Wording;
  readonly rows: readonly Row[];
  /** Set small, below the rows. */
  readonly notes?: readonly Wording[];
}

export interface CertificateFacts {
  readonly recordId: string;
  /** When the block was made, by the operator's clock: the date of the file. */
  readonly createdAt: string;
  readonly sections: readonly Section[];
}

export function describeCertificate(
  receiptText: string,
  report: VerificationReport,
  operator: Operator | undefined,
): CertificateFacts {
  const receipt = parseReceipt(receiptText);
  const record = parseRecord(receipt.record);
  const shown = checkDisclosures(nativeCrypto, record, receipt.disclosures);
  return {
    recordId: record.id,
    createdAt: parseBlockHeader(receipt.block.header).createdAt,
    sections: [
      describeOperator(operator),
      describeRecord(record, shown),
      describeFingerprints(record),
      describeSigners(record, shown, report),
      describeTimes(record, receipt, report),
      describePlace(receipt, report),
      describeThirdParties(report),
      describeChecks(report),
    ],
  };
}

const row = (label: Value, ...values: (Value | undefined)[]): Row => ({
  label,
  values: values.filter((value) => value !== undefined),
});

function describeOperator(operator: Operator | undefined): Section {
  return {
    heading: WORDS.operator,
    rows: filled([
      row(WORDS.operatorName, operator?.name ?? WORDS.notShown),
      row(WORDS.creditCode, operator?.creditCode),
      row(WORDS.filingNumber, operator?.filingNumber),
    ]),
  };
}

function describeRecord(record: EvidenceRecord, shown: DisclosedRecord): Section {
  return {
    heading: WORDS.record,
    rows: filled([
      row(WORDS.recordId, record.id),
      row(WORDS.kind, WORDS.kindOf[record.kind]),
      row(WORDS.organization, shown.organization ?? WORDS.notShown),
      row(WORDS.documentTitle, shown.title ?? WORDS.notShown),
      row(WORDS.mediaType, shown.mediaType),
      row(WORDS.sizeBytes, shown.sizeBytes === undefined ? undefined : String(shown.sizeBytes)),
      row(WORDS.clientRef, shown.clientRef),
      row(WORDS.metadata, ...(shown.metadata ?? []).map(({ name, value }) => `${name}: ${value}`)),
      row(WORDS.provenance, shown.provenance),
    ]),
    notes: [WORDS.asStated, WORDS.withheld],
  };
}

function describeFingerprints({ fingerprints }: EvidenceRecord): Section {
  return {
    heading: WORDS.fingerprints,
    rows: fingerprints.map(({ algorithm, digest }) => row(algorithm.toUpperCase(), digest)),
  };
}

function describeSigners(
  record: EvidenceRecord,
  { signers }: DisclosedRecord,
  report: VerificationReport,
): Section {
  if (record.signers === 0) return { heading: WORDS.signers, rows: [row(WORDS.signers, WORDS.noSigners)] };
  return {
    heading: WORDS.signers,
    rows: [
      ...signers.flatMap((signer, index) => describeSigner(signer, index)),
      row(WORDS.recordAssurance, WORDS.assuranceOf[record.assurance]),
      ...filled([row(WORDS.signersFound, ...listFact(report, 'signers', 'signers'))]),
    ],
    notes: [WORDS.accordingToOperator],
  };
}

function describeVerification({ report, ...texts }: SignerVerification): string {
  const digest = report === undefined ? [] : [`${report.algorithm}:${report.digest}`];
  return [...Object.values(texts), ...digest].join(' · ');
}

function describeSigner(signer: SignerDisclosures, index: number): Row[] {
  const { name, identifiers = [], verification, assurance, key } = signer;
  const number: Wording = { zh: `${WORDS.signer.zh} ${index + 1}`, en: `${WORDS.signer.en} ${index + 1}` };
  return filled([
    row(number, name ?? WORDS.notShown),
    row(WORDS.identifiers, ...identifiers.map(({ scheme, value }) => `${scheme}: ${value}`)),
    row(WORDS.verifiedHow, verification && describeVerification(verification)),
    row(WORDS.assurance, assurance && WORDS.assuranceOf[assurance]),
    row(WORDS.keyid, key === undefined ? undefined : hashKey(key)),
  ]);
}

function hashKey(spki: string): string {
  return Buffer.from(nativeCrypto.digest('sha-256').hash(Buffer.from(spki, 'base64'))).toString('hex');
}

function describeTimes(record: EvidenceRecord, { block }: Receipt, report: VerificationReport): Section {
  const at = (label: Wording, time: string | undefined): Row =>
    row(label, ...(time === undefined ? [] : formatBothTimes(time)));
  return {
    heading: WORDS.times,
    rows: filled([
      at(WORDS.acceptedAt, record.acceptedAt),
      at(WORDS.createdAt, parseBlockHeader(block.header).createdAt),
      at(WORDS.witnessedAt, textFact(report, 'witnesses', 'quorumSince')),
      at(WORDS.stampedAt, textFact(report, 'timestamps', 'stampedBy')),
    ]),
  };
}

function describePlace({ block, inclusion }: Receipt, report: VerificationReport): Section {
  const header = parseBlockHeader(block.header);
  return {
    heading: WORDS.ledger,
    rows: filled([
      row(WORDS.log, header.log),
      row(WORDS.leafIndex, String(inclusion.leafIndex)),
      row(WORDS.blockHeight, String(header.height)),
      row(WORDS.blockHash, hashBlockHeader(nativeCrypto, block.header)),
      row(WORDS.treeSize, textFact(report, 'checkpoint', 'treeSize')),
      row(WORDS.rootHash, textFact(report, 'checkpoint', 'rootHash')),
    ]),
  };
}

function describeThirdParties(report: VerificationReport): Section {
  const witnesses = listFact(report, 'witnesses', 'witnesses');
  const authorities = listFact(report, 'timestamps', 'authorities');
  const nobody = witnesses.length + authorities.length === 0;
  return {
    heading: WORDS.thirdParties,
    rows: nobody
      ? [row(WORDS.witnesses, WORDS.nobody)]
      : filled([row(WORDS.witnesses, ...witnesses), row(WORDS.authorities, ...authorities)]),
  };
}

function describeChecks({ checks }: VerificationReport): Section {
  return {
    heading: WORDS.checks,
    rows: checks.map(({ name, status, reason }) =>
      row(WORDS.check[name], WORDS.status[status], reason && `${reason.message} (${reason.code})`),
    ),
  };
}

const filled = (rows: readonly Row[]): Row[] => rows.filter(({ values }) => values.length > 0);

function factOf(report: VerificationReport, check: string, name: string): unknown {
  return report.checks.find((candidate) => candidate.name === check)?.established[name];
}

function textFact(report: VerificationReport, check: string, name: string): string | undefined {
  const value = factOf(report, check, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function listFact(report: VerificationReport, check: string, name: string): string[] {
  const value = factOf(report, check, name);
  return Array.isArray(value) ? value.map(String) : [];
}
