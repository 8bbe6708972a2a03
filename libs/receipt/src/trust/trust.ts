/**
 * Trust is always the verifier's: a folder with `policy` (C2SP tlog-policy), `trust.json`, and perhaps `tsa-roots.pem` and
 * `signer-roots.pem` (docs/formats/trust.md). No verifier takes any of it from a receipt.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { memberNames, ObjectReader, refuse } from '../encoding/object-reader.js';
import { parsePolicy } from './parse-policy.js';
import { parsePemCertificates } from './pem.js';
import { formatPolicy, type Policy } from './policy.js';

export const TRUST_FORMAT = 'cunzheng/trust@v1';

/** Tree sizes of the checkpoints a log key may sign, both ends included. A key without a window may sign any. */
export interface KeyWindow {
  /** A log's vkey in the policy. */
  readonly vkey: string;
  readonly fromSize?: number;
  readonly toSize?: number;
}

export interface Trust {
  readonly policy: Policy;
  /** Roots of timestamping authorities, DER. */
  readonly tsaRoots: readonly Uint8Array[];
  /** Roots of signers' certificates, DER. */
  readonly signerRoots: readonly Uint8Array[];
  /** How many timestamping authorities must have stamped the checkpoint. */
  readonly minTimestamps: number;
  readonly keyWindows: readonly KeyWindow[];
}

/** The texts of a trust folder's files by their names; a PEM file that is not there means no roots. */
export interface TrustFiles {
  readonly policy: string;
  readonly 'trust.json': string;
  readonly 'tsa-roots.pem'?: string;
  readonly 'signer-roots.pem'?: string;
}

/** What a new trust folder says. */
export interface TrustFolderInput {
  readonly policy: Policy;
  readonly minTimestamps?: number;
  readonly keyWindows?: readonly KeyWindow[];
  readonly tsaRootsPem?: string;
  readonly signerRootsPem?: string;
}

const MEMBERS = memberNames(['format', 'minTimestamps', 'keyWindows']);
const WINDOW_MEMBERS = memberNames(['vkey'], ['fromSize', 'toSize']);

/** Throws ReceiptError `policy-*`, `trust-*` or `pem-invalid`. */
export function parseTrust(crypto: CryptoSuite, files: TrustFiles): Trust {
  const policy = parsePolicy(crypto, files.policy);
  const reader = new ObjectReader(parseTrustJson(files['trust.json']), MEMBERS, 'trust');
  reader.version('format', TRUST_FORMAT);
  const windows = reader.list('keyWindows', { min: 0, max: 256 });
  return {
    policy,
    tsaRoots: parseRoots(files['tsa-roots.pem']),
    signerRoots: parseRoots(files['signer-roots.pem']),
    minTimestamps: reader.integer('minTimestamps', 0, 64),
    keyWindows: windows.map((window, index) => parseKeyWindow(window, `/keyWindows/${index}`, policy)),
  };
}

/** The files of a trust folder, to be edited by its owner afterwards. */
export function formatTrustFolder(input: TrustFolderInput): TrustFiles {
  const { policy, minTimestamps = 0, keyWindows = [] } = input;
  return {
    policy: `# Accepted logs, known witnesses, quorum: https://c2sp.org/tlog-policy\n${formatPolicy(policy)}`,
    'trust.json': `${JSON.stringify({ format: TRUST_FORMAT, minTimestamps, keyWindows }, null, 2)}\n`,
    ...(input.tsaRootsPem === undefined ? {} : { 'tsa-roots.pem': input.tsaRootsPem }),
    ...(input.signerRootsPem === undefined ? {} : { 'signer-roots.pem': input.signerRootsPem }),
  };
}

function parseTrustJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return refuse('trust', 'type', '', 'expected JSON', cause);
  }
}

function parseRoots(pem: string | undefined): Uint8Array[] {
  return pem === undefined ? [] : parsePemCertificates(pem);
}

function parseKeyWindow(value: unknown, path: string, policy: Policy): KeyWindow {
  const reader = new ObjectReader(value, WINDOW_MEMBERS, 'trust', path);
  const vkey = reader.anyText('vkey');
  if (!policy.logs.some(({ key }) => key.vkey === vkey)) {
    reader.refuse('value', 'vkey', 'expected the vkey of a log in the policy');
  }
  const fromSize = reader.has('fromSize') ? reader.integer('fromSize') : undefined;
  const toSize = reader.has('toSize') ? reader.integer('toSize', fromSize ?? 0) : undefined;
  return {
    vkey,
    ...(fromSize === undefined ? {} : { fromSize }),
    ...(toSize === undefined ? {} : { toSize }),
  };
}
