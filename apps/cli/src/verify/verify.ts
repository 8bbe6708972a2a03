/**
 * `cunzheng verify`: does the receipt hold, and is it about this file? Works without the service and without a network;
 * trust comes from the verifier's own folder alone, never from a `.env` file or anything else that may have come with
 * the evidence.
 */
import { isPackage } from '@cunzheng/evidence-package';
import {
  extractReceipt,
  FINGERPRINT_ALGORITHMS,
  parseReceipt,
  parseRecord,
  ReceiptError,
  type FingerprintAlgorithm,
  type VerificationReport,
  type Verdict,
} from '@cunzheng/receipt';
import { Option, type Command } from 'commander';
import { CliError, EXIT, type ExitCode } from '../cli-error.js';
import { readReceipt } from '../evidence/receipt-file.js';
import { fingerprintFile, type FingerprintedFile } from '../fingerprint/fingerprint-file.js';
import { progressMode } from '../fingerprint/progress.js';
import { MAX_PACKAGE_BYTES, readBounded } from '../package/package.js';
import { openTerminal, type Terminal } from '../terminal.js';
import { createExaminer } from './examine.js';
import { type CopyCheck } from './ledger-copy.js';
import { chooseLanguage, describeCopy, describeReport, type Language } from './report-text.js';
import { loadTrust, type TrustOptions } from './trust-folder.js';
import { describePackage, verifyPackage } from './verify-package.js';

interface VerifyOptions extends TrustOptions {
  readonly receipt?: string;
  readonly ledger?: string;
  readonly lang?: Language;
  readonly progress?: true;
}

const EXIT_BY_VERDICT: Readonly<Record<Verdict, ExitCode>> = {
  holds: EXIT.done,
  altered: EXIT.refused,
  'other-document': EXIT.refused,
  incomplete: EXIT.incomplete,
  unverifiable: EXIT.incomplete,
};

const AFTER_HELP = `
Trust is yours, never the sender's: a folder with the files policy, trust.json, tsa-roots.pem and signer-roots.pem. It
is taken from --trust, else CUNZHENG_TRUST_DIR, else ~/.config/cunzheng/trust. --policy, --tsa-roots and --signer-roots
replace a single file of it; with --policy and without --trust no folder is read.

--ledger compares the receipt, or each of a package, with a full copy of the log as well: a copy that differs counts as altered, one that cannot
tell (of another log, or too short) as incomplete. Revocations of signers' keys are looked up in it; without it they are
not checked.

Exit code 0: the receipt holds; 1: altered, or another document; 2: usage; 3: incomplete or unverifiable. A check that
your trust does not require never changes it.`;

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('verify a receipt offline, and a file against it')
    .argument('[file]', 'the document; or a certificate or an evidence package, which bring their receipts')
    .option('--receipt <file>', 'the receipt, or the certificate that carries it')
    .option('--trust <dir>', 'the trust folder')
    .option('--policy <file>', 'accepted logs, witnesses and quorum (C2SP tlog-policy)')
    .option('--tsa-roots <file>', 'roots of timestamping authorities (PEM)')
    .option('--signer-roots <file>', "roots of signers' certificates (PEM)")
    .option('--ledger <dir>', 'a full copy of the log, to compare the receipt with')
    .addOption(
      new Option('--lang <language>', 'language of the verdict (default: by LANG)').choices(['en', 'zh']),
    )
    .option('--progress', 'show progress at once, without a terminal too')
    .addHelpText('after', AFTER_HELP)
    .action(verify);
}

async function verify(file: string | undefined, options: VerifyOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  if (options.receipt === undefined) {
    await verifyCarrier(requireCarrier(file), options, command);
    return;
  }
  await verifyOne(file, { ...options, receipt: options.receipt }, terminal);
}

async function verifyOne(
  file: string | undefined,
  options: VerifyOptions & { readonly receipt: string },
  terminal: Terminal,
): Promise<void> {
  const receipt = takeReceipt(readReceipt(options.receipt));
  const { trust, source } = loadTrust(options);
  const progress = progressMode({ ...options, json: terminal.json });
  const document =
    file === undefined ? undefined : await fingerprintFile(file, algorithmsOf(receipt), progress);
  const { report, copy } = await createExaminer(trust, options.ledger)(receipt, document?.fingerprints);
  const language = options.lang ?? chooseLanguage(process.env);
  const subject = describeSubject(options.receipt, source, file, document);
  const lines = [...subject, '', ...describeReport(report, language)];
  if (copy === null) terminal.result(lines, report);
  else terminal.result([...lines, describeCopy(copy, language)], { ...report, ledger: copy });
  process.exitCode = exitCodeOf(report, copy);
}

/** A package is verified whole; a certificate is a receipt without a document. */
async function verifyCarrier(path: string, options: VerifyOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const bytes = readBounded(path, MAX_PACKAGE_BYTES);
  if (!isPackage(bytes)) {
    await verifyOne(undefined, { ...options, receipt: path }, terminal);
    return;
  }
  const { trust, source } = loadTrust(options);
  const report = await verifyPackage(bytes, trust, options.ledger);
  const language = options.lang ?? chooseLanguage(process.env);
  const subject = [`package   ${path}`, `trust     ${source}`, ''];
  terminal.result([...subject, ...describePackage(report, language)], report);
  process.exitCode = EXIT_BY_VERDICT[report.verdict];
}

function requireCarrier(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new CliError('usage', 'give --receipt FILE, or a certificate or an evidence package');
}

/** The receipt itself, or the one inside a certificate. */
function takeReceipt(bytes: Uint8Array): Uint8Array {
  const inside =
    Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-' ? extractReceipt(bytes) : undefined;
  return inside === undefined ? bytes : new TextEncoder().encode(inside);
}

/** The copy may only make it worse, and a copy that differs is worse than one that cannot tell. */
function exitCodeOf({ verdict }: VerificationReport, copy: CopyCheck | null): ExitCode {
  const own = EXIT_BY_VERDICT[verdict];
  if (own === EXIT.refused || copy === null || copy.status === 'passed') return own;
  return copy.status === 'failed' ? EXIT.refused : EXIT.incomplete;
}

function describeSubject(
  receipt: string,
  trust: string,
  file?: string,
  document?: FingerprintedFile,
): string[] {
  return [
    `receipt   ${receipt}`,
    ...(file === undefined || document === undefined
      ? []
      : [`document  ${file} (${document.sizeBytes} bytes)`]),
    `trust     ${trust}`,
  ];
}

/** Every algorithm that the record names. A receipt that cannot be read has none: the verification says why. */
function algorithmsOf(receipt: Uint8Array): readonly FingerprintAlgorithm[] {
  try {
    const { fingerprints } = parseRecord(parseReceipt(receipt).record);
    return FINGERPRINT_ALGORITHMS.filter((name) => fingerprints.some(({ algorithm }) => algorithm === name));
  } catch (error) {
    if (error instanceof ReceiptError) return [];
    throw error;
  }
}
