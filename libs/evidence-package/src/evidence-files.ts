/** The files of one piece of evidence: its receipt, what a person reads, and the byte strings that an expert hashes. */
import { type CryptoSuite } from '@cunzheng/crypto';
import { decodeBase64, encodeBase64, type Receipt } from '@cunzheng/receipt';
import { type InclusionFiles, takeApart } from './proof-files.js';

export interface EvidenceFilesInput {
  /** J(receipt). */
  readonly text: string;
  readonly receipt: Receipt;
  /** The PDF, if there is to be one. */
  readonly certificate: Uint8Array | undefined;
  /** J of what happened to the record, when, and by whose clock. */
  readonly custody: string;
  /** Folder of the checkpoint that the proofs lead to. */
  readonly checkpointFolder: string;
}

/** Name and bytes, below the folder of the evidence. */
export type Files = readonly (readonly [string, Uint8Array])[];

const encoder = new TextEncoder();

export function evidenceFiles(crypto: CryptoSuite, input: EvidenceFilesInput): Files {
  const { receipt } = input;
  const proofs = takeApart(crypto, receipt);
  return [
    ['receipt.json', encoder.encode(input.text)],
    ...(input.certificate ? [['certificate.pdf', input.certificate] as const] : []),
    ['custody.json', encoder.encode(input.custody)],
    ['checkpoint-folder.txt', encoder.encode(`${input.checkpointFolder}\n`)],
    ['record/body.json', encoder.encode(receipt.record)],
    ...inclusionFiles('record', proofs.record),
    ['header/body.json', encoder.encode(receipt.block.header)],
    ...inclusionFiles('header', proofs.header),
    ...receipt.disclosures.map(
      (text, index) => [`disclosures/${two(index)}.txt`, encoder.encode(text)] as const,
    ),
    ...(proofs.statement ? statementFiles(proofs.statement) : []),
  ];
}

function inclusionFiles(folder: string, { leaf, steps }: InclusionFiles): Files {
  return [
    [`${folder}/leaf.bin`, leaf],
    ...steps.map((preimage, index) => [`${folder}/step-${two(index)}.bin`, preimage] as const),
  ];
}

function statementFiles({
  payload,
  pae,
  signatures,
}: NonNullable<ReturnType<typeof takeApart>['statement']>): Files {
  return [
    ['statement/payload.json', payload],
    ['statement/signed.bin', pae],
    ...signatures.flatMap(({ alg, signature, key }, index): Files => {
      const stem = `statement/signer-${index}`;
      return [
        [`${stem}.${alg}.sig`, signature],
        ...(key ? [[`${stem}.pem`, encoder.encode(formatPem('PUBLIC KEY', key))] as const] : []),
      ];
    }),
  ];
}

/** RFC 7468. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The certificates of a timestamp, one after the other. */
export function formatCertificates(certificates: readonly string[]): string {
  return certificates
    .map((certificate) => formatPem('CERTIFICATE', decodeBase64(certificate) ?? new Uint8Array()))
    .join('');
}

export const two = (index: number): string => String(index).padStart(2, '0');
