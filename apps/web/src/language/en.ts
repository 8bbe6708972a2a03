/** The English words of the page. `zh.ts` says the same in Chinese; what may be claimed is worded in libs/receipt. */
import { enChecks } from './en-checks.js';

export const en = {
  title: 'Verify a receipt',
  skip: 'Skip to the content',
  nav: { label: 'Pages', verify: 'Verify', explorer: 'Ledger explorer' },
  language: 'Language',
  intro: {
    heading: 'Verify a receipt',
    text: 'A receipt shows that a document, byte for byte, was recorded at a certain time and is unchanged since. Give the receipt and the document, and this page checks every step of it in front of you.',
    private:
      'Everything happens on this device. What you drop here is not sent anywhere, and the platform that issued the receipt has never seen the document either: only its fingerprint (hash).',
  },
  drop: {
    label: 'Receipts and documents',
    action: 'Choose files',
    hint: 'or drop them here: a receipt, a document, both, or many of each, in any order and size; a certificate (PDF) or an evidence package too. What belongs together is found by fingerprint.',
    release: 'Release to check',
    added: (receipts: number, documents: number) =>
      `${receipts} ${receipts === 1 ? 'receipt' : 'receipts'}, ${documents} ${documents === 1 ? 'document' : 'documents'} given.`,
    clear: 'Start over',
    unreadable: (name: string, reason: string) =>
      `${name} cannot be read, and nothing in it has been checked: ${reason}`,
  },
  stamp: {
    holds: (name: string, tsa: string, time: string, seconds: number) =>
      `The list of evidence in ${name} was stamped by ${tsa} at ${time} (± ${seconds} s).`,
    refused: (name: string, reason: string) =>
      `The timestamp over the list of evidence in ${name} does not hold: ${reason}`,
    notChecked: (name: string) =>
      `The timestamp over the list of evidence in ${name} has not been checked: the trust in force names no roots of timestamping authorities.`,
  },
  fingerprint: {
    summary: 'I have only a fingerprint, not the document',
    explain:
      'Whoever holds the document can compute it, for example with the command below. It is compared with the receipts instead of a document.',
    algorithm: 'Algorithm',
    digest: 'Fingerprint in hexadecimal',
    add: 'Compare',
    invalid: (digits: number) => `A fingerprint of this algorithm has ${digits} hexadecimal digits.`,
    name: (algorithm: string) => `Fingerprint (${algorithm})`,
  },
  document: {
    waiting: 'Waiting to be hashed',
    hashing: (percent: number, done: string, total: string) => `Hashing: ${percent} % (${done} of ${total})`,
    hashed: 'Fingerprints computed on this device',
    cancel: 'Cancel',
    cancelled: 'Hashing was cancelled. This document has not been compared with anything.',
    again: 'Hash it after all',
    failed: (reason: string) => `This document could not be read to its end: ${reason}`,
    unmatched: 'No receipt given is about this document.',
    alone: 'This is a document. To verify it, give its receipt as well.',
    remove: 'Remove',
    heading: 'Documents without a receipt',
  },
  case: {
    waiting: 'Waiting until the documents are hashed',
    verifying: 'Checking',
    receipt: 'Receipt',
    document: 'Document',
    noDocument: 'none given',
    print: 'Print',
    claim: 'What may be said',
    limits: 'What may not be said',
    limitTexts: {
      content:
        'Nothing follows about the content: not that it is true, nor that the document is authentic, lawful or complete.',
      identity:
        'Who signed is according to whoever verified the identity, as shown below; a key is not a person.',
      hash: 'The platform saw only the fingerprint of the document, never the document itself.',
      operator:
        'Nobody beside the log’s operator vouches for this: neither witnesses nor timestamping authorities are required by the trust in force.',
    },
    facts: 'What the receipt is about',
    times: 'Times, and whose they are',
    checks: 'The twelve checks',
    tally: (passed: number, failed: number, open: number) =>
      `${passed} passed, ${failed} failed, ${open} not checked`,
  },
  verdicts: {
    holds: {
      title: 'Holds',
      compared: 'This document is the one that was recorded.',
      receiptOnly: 'The receipt is in order. No document was compared with it.',
    },
    holdsAlone: 'according to the log’s operator alone',
    altered: { title: 'Altered', text: 'This is not a receipt as the log issued it.' },
    'other-document': {
      title: 'Another document',
      text: 'The receipt is in order, but it is about other bytes.',
    },
    incomplete: {
      title: 'Incomplete',
      text: 'The record is in the log, but not everything required or shown holds.',
    },
    unverifiable: {
      title: 'Unverifiable',
      text: 'Nobody whom the trust in force names vouches for this receipt. Nothing can be said about it.',
    },
  },
  facts: {
    title: 'Title',
    organization: 'Organization',
    clientRef: 'Client’s reference',
    mediaType: 'Media type',
    sizeBytes: 'Size',
    metadata: 'Particulars',
    provenance: 'Provenance',
    id: 'Record',
    log: 'Log',
    position: 'Place in the log',
    positionText: (leafIndex: string, height: string) => `entry ${leafIndex}, block ${height}`,
    fingerprints: 'Fingerprints',
    signers: 'Signers',
    noSigners: 'none: nobody signed',
    signerWithheld: 'withheld',
    assurance: 'Identity, as recorded',
    assurances: {
      none: 'nobody stands behind the record',
      asserted: 'stated by the organization, without proof',
      key: 'signed with a registered key',
      certificate: 'by certificate',
    },
    verifiedBy: (method: string, by: string) =>
      by === '' ? `verified: ${method}` : `verified: ${method}, by ${by}`,
    withheld:
      'Shown is only what the holder of the receipt chose to show. What is withheld cannot be guessed from it.',
    statedBy: 'Title, names and the like are as the organization that submitted the record stated them.',
  },
  times: {
    what: 'What',
    utc: 'UTC',
    beijing: 'Beijing time',
    whose: 'According to',
    acceptedAt: 'Accepted',
    createdAt: 'Block closed',
    existedBy: 'Existed by',
    operator: 'the operator’s clock',
    witnesses: 'witnesses',
    timestamps: 'timestamping authorities',
    nobody: 'Nobody beside the operator vouches for a time.',
  },
  trust: {
    heading: 'Whom this verification believes',
    explain:
      'A receipt proves nothing by itself: it is checked against keys. Which keys, you decide. Nothing in a receipt or beside it changes them.',
    builtIn: 'Built in, from the operator of this log',
    own: (name: string) => `Your own: ${name}`,
    operatorsWord:
      'This page was served by the operator, so the page itself and the keys built into it are the operator’s word. To depend on neither, take the keys from a source you trust and verify with a copy of your own:',
    wayFile:
      'with the file verify.html, kept since before the dispute or compared by its hash, and your own trust folder below;',
    wayCommand: 'with the command line tool, on a computer without a network:',
    wayByHand: 'by hand: every check shows the commands that repeat it with openssl and sha256sum.',
    fileWord:
      'The keys built into this file are those of whoever gave it to you. If you did not get it from a source you trust, load a trust folder of your own.',
    logKey: 'Log key',
    log: 'Log',
    witnesses: 'Witnesses',
    quorum: (quorum: string) => `required: ${quorum}`,
    noWitnesses: 'none required',
    timestamps: 'Timestamping authorities',
    timestampRule: (minimum: number, roots: number) =>
      `${minimum === 0 ? 'none required' : `at least ${minimum} required`}; ${roots} root ${roots === 1 ? 'certificate' : 'certificates'} trusted`,
    load: 'Use a trust folder of your own',
    loadHint: 'Its files: policy, trust.json and, if there are any, tsa-roots.pem and signer-roots.pem.',
    loadFolder: 'Choose the folder',
    loadFiles: 'Choose the files',
    useBuiltIn: 'Back to what is built in',
    refused: (reason: string) => `This trust folder cannot be used, so nothing was changed: ${reason}`,
    missing: 'the files policy and trust.json are needed',
    loading: 'Asking this server for the keys of its logs',
    unavailable:
      'The keys of this server’s logs could not be loaded. Without trust, no receipt can be verified.',
    none: 'No keys: every receipt is unverifiable until you load a trust folder.',
  },
  offline: {
    heading: 'Check without this page',
    explain:
      'The same program as one file: it works from a disk, with the network cut, in ten years as well.',
    download: 'Download verify.html',
    hash: 'Its SHA-256',
    compare: 'After the download, compare:',
  },
  shared: {
    loading: 'Fetching the shared receipt',
    failed: 'This link leads to no receipt: it may have been revoked, or mistyped.',
    loaded: 'This receipt was shared with you by a link. To compare it with a document, give the document.',
  },
  lookup: {
    ask: 'Look for public evidence of this document',
    explain: 'This sends its SHA-256 fingerprint to this service, not the document.',
    none: 'Nobody has made evidence of this document public here. There may be evidence that is private.',
    failed: 'The service could not be asked. Try again later.',
    name: 'Public receipt',
  },
  status: { passed: 'Passed', failed: 'Failed', 'not checked': 'Not checked' },
  check: {
    values: 'Values',
    reason: 'Reason',
    byHand: 'Repeat it by hand',
    byHandHint: 'In a folder with the files receipt.json, document and your trust folder’s files.',
    copy: 'Copy',
    copied: 'Copied',
  },
  checks: enChecks.checks,
  reasons: enChecks.reasons,
  otherReason: 'The data do not have the form that the format requires.',
  values: enChecks.values,
  footer: {
    operator: 'Operator',
    filing: 'Filing number',
    credit: 'Credit code',
  },
  notLoaded:
    'The rest of this page could not be loaded. Nothing has been checked. Give the files again to try once more.',
  notFound: 'There is nothing at this address.',
  loading: 'Loading',
} as const;
