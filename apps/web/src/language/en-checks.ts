/** The twelve checks in English: their names, what each establishes, why one may not have passed, and names of values. */
export const enChecks = {
  checks: {
    format: {
      title: 'The file is a receipt',
      establishes:
        'It has exactly the parts of a receipt of a known version, in the one spelling that the format allows.',
    },
    checkpoint: {
      title: 'The log signed this state of itself',
      establishes:
        'The checkpoint, a signed summary of the whole log at one moment, bears a signature of a log key you trust.',
    },
    witnesses: {
      title: 'Independent witnesses saw the same log',
      establishes:
        'Enough of the witnesses you require cosigned this checkpoint. Each had made sure that the log only grew.',
    },
    timestamps: {
      title: 'Timestamping authorities stamped it',
      establishes:
        'Enough authorities you trust confirmed, with signed time, that this checkpoint existed by then.',
    },
    record: {
      title: 'The record is well formed',
      establishes:
        'The record names fingerprints, time and log in the required form, and it belongs to the log that signed.',
    },
    inclusion: {
      title: 'The record is in the log',
      establishes:
        'Hashes lead from this very record to the state that the log signed. Changing one character would break the chain.',
    },
    block: {
      title: 'Its block is in the log too',
      establishes:
        'The block that names the operator’s time for this record is part of the same signed state.',
    },
    disclosures: {
      title: 'What is shown belongs to the record',
      establishes:
        'Title, names and everything else shown were fixed in the record from the beginning, and are unchanged.',
    },
    document: {
      title: 'The document is the recorded one',
      establishes: 'The fingerprints computed from the document on this device equal those in the record.',
    },
    statement: {
      title: 'The signatures are valid',
      establishes:
        'The signed statement says the same as the record, was meant for this service, and every signature verifies.',
    },
    signers: {
      title: 'Who signed, and how that is known',
      establishes: 'What is shown of the signers supports the degree of assurance that the record states.',
    },
    time: {
      title: 'The times agree',
      establishes:
        'The operator’s times do not contradict each other, nor those of witnesses and timestamping authorities.',
    },
  },
  reasons: {
    'accepted-after-block': 'The record claims to be accepted after its block was closed.',
    'assurance-mismatch': 'The signers’ degrees of assurance are not what the record states.',
    'block-after-existence': 'The block claims a time later than that by which others saw it.',
    'block-not-proven': 'The time of the block is not proven.',
    'certificate-invalid':
      'The certificates of a signer do not lead to roots that you trust, or did not hold at that time.',
    'certificate-verifier-missing': 'Certificates of signers cannot be evaluated here.',
    'disclosures-failed': 'What is shown does not belong to the record.',
    'fingerprint-mismatch':
      'The document has other fingerprints than the record: it is not the recorded document, or it was changed.',
    internal: 'An unexpected error of this program.',
    'key-revoked': 'The key of a signer had been revoked.',
    'key-window': 'The log key was not valid for this state of the log.',
    'keyid-mismatch': 'The key shown is not the one that the statement names.',
    'leaf-outside-block': 'The record is not among the entries of the block shown.',
    'log-mismatch': 'It belongs to another log than the one that signed.',
    'log-key-unknown': 'No log key that you trust signed it.',
    'no-document': 'No document was given.',
    'no-signer-roots': 'Your trust names no roots for the certificates of signers.',
    'no-signers': 'The record has no signers.',
    'no-trust': 'No trust is in force.',
    'not-computable': 'None of the record’s fingerprints was computed from the document.',
    'not-required': 'The trust in force does not require it.',
    'quorum-missing': 'Too few of the required witnesses cosigned.',
    'root-mismatch': 'The hashes do not lead to the state that the log signed.',
    'revocation-backdated': 'A key was revoked later, as of a time before the record: judge for yourself.',
    'service-mismatch': 'The statement was meant for another service.',
    'signature-invalid': 'A signature does not verify.',
    'signature-unsupported': 'A signature has an algorithm that this version does not know.',
    'statement-failed': 'The statement failed, so nothing follows about its signers.',
    'statement-mismatch': 'The signed statement says something else than the record.',
    stopped: 'An earlier check failed, and nothing after it makes sense.',
    'timestamps-missing': 'Too few of the required authorities stamped it.',
    'timestamp-verifier-missing': 'This version cannot verify timestamps.',
    withheld: 'The holder of the receipt chose not to show it.',
  },
  values: {
    accordingTo: 'according to',
    assurance: 'assurance',
    acceptedAt: 'accepted at',
    authorities: 'authorities',
    compared: 'compared',
    cosignedAt: 'cosigned at, each',
    count: 'entries in the block',
    createdAt: 'created at',
    existedBy: 'existed by',
    fingerprints: 'fingerprints',
    firstIndex: 'first entry of the block',
    format: 'format',
    height: 'block height',
    id: 'record id',
    keyids: 'keys',
    kind: 'kind',
    leafIndex: 'leaf index',
    logKeys: 'log keys',
    names: 'names',
    operatorAcceptedAt: 'accepted at, by the operator',
    operatorCreatedAt: 'block closed at, by the operator',
    organization: 'organization',
    origin: 'log',
    quorumSince: 'quorum since',
    rejected: 'rejected',
    revocation: 'revocation',
    revocationUnknown: 'revocation not known of',
    revoked: 'revoked',
    rootHash: 'root hash',
    shown: 'items shown',
    signers: 'signers',
    stampedAt: 'stamped by, each',
    stampedBy: 'stamped by, the first',
    treeSize: 'tree size',
    unstated: 'not in the statement',
    verifiedBy: 'verified by',
    witnesses: 'witnesses',
  },
} as const;
