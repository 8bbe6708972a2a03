/** The English words of the explorer. */
export const explorerEn = {
  heading: 'Ledger explorer',
  lead: 'The ledger is a list to which entries are only ever added. Each entry is a fingerprint of a record: nobody can read from it what was recorded, and everybody can check that nothing was changed, removed or slipped in.',
  log: 'Log',
  tabs: {
    label: 'Views',
    overview: 'Overview',
    events: 'Log events',
    checkpoints: 'Checkpoints',
    consistency: 'Compare two states',
  },
  loading: 'Loading',
  failed: (reason: string) => `This could not be loaded: ${reason}`,
  empty: 'This log has no published state yet.',
  head: {
    heading: 'The newest signed state',
    explain:
      'At short intervals the log signs a summary of everything in it, a checkpoint. Whoever keeps one notices any later change to what is below it.',
    entries: 'entries',
    blocks: 'blocks',
    newest: 'Newest block',
    root: 'Root hash',
    signed: 'Signature of the log key',
    verified: 'verified in this browser',
    refused: (reason: string) => `does not verify: ${reason}`,
    live: 'Looked at again every few seconds',
  },
  plots: {
    growth: 'Growth: entries in the log',
    growthText: (entries: string, blocks: string) =>
      `${entries} entries at the end of the last ${blocks} blocks shown.`,
    intervals: 'Time between blocks, seconds',
    intervalsText: (median: string) =>
      `Half of the blocks came within ${median} seconds of the one before. A log without new records makes no blocks.`,
    cosigned: 'From block to witnesses, seconds',
    cosignedText: (median: string) =>
      `Half of the cosignatures shown came within ${median} seconds of the block. Each time is by its party’s own clock, and witnesses state whole seconds.`,
    noCosignatures: 'No witness has cosigned the newest checkpoints.',
    time: 'time',
  },
  blocks: {
    heading: 'Blocks',
    explain: 'Entries that arrived within a moment of each other are written together, as a block.',
    height: 'Block',
    time: 'Closed, by the operator’s clock',
    entries: 'Entries',
    first: 'First entry',
    older: 'Older blocks',
    newer: 'Newest blocks',
  },
  block: {
    heading: (height: string) => `Block ${height}`,
    back: 'All blocks',
    previous: 'Block before',
    next: 'Block after',
    checked:
      'Computed anew in this browser: the entries below give exactly the batch root that the header names, and every public body gives its entry.',
    refused: (reason: string) => `This block contradicts itself: ${reason}`,
    header: 'Header, the text that is hashed',
    headerHash: 'SHA-256 of the header',
    batchRoot: 'Batch root',
    entries: 'Entries',
    index: 'Entry',
    type: 'What it is',
    sha256: 'SHA-256 of what it stands for',
    sm3: 'SM3 of the same',
    shown: (shown: string, all: string) => `The first ${shown} of ${all} entries.`,
    all: 'Show all',
    types: {
      record: 'record, private',
      event: 'event of the log, public',
      auditHead: 'head of the operator’s audit trail, private',
      block: 'block header',
      unknown: 'of a kind this version does not know',
    },
  },
  events: {
    heading: 'Log events',
    explain:
      'What the log says about itself: its opening, changes of keys, its closing. All of it is public.',
    none: 'No events.',
    entry: 'Entry',
    event: 'Event',
    body: 'What it says',
  },
  checkpoints: {
    heading: 'Who vouches for which state',
    explain:
      'Witnesses are others who keep an eye on this log. One cosigns a checkpoint only after it made sure that the log since its last visit only grew.',
    size: 'Entries',
    log: 'Log key',
    witnesses: 'Witnesses',
    noWitnesses: 'none',
    unknown: 'of a key that the trust of this log does not name',
    timestamps: 'Timestamps',
    noTimestamps: 'none',
    timestampsNote:
      'Signatures of log and witnesses are verified in this browser. Timestamps are listed as the service verified them; a receipt carries the tokens, and the verify page checks them.',
    compare: 'compare',
  },
  consistency: {
    heading: 'Did the log only grow?',
    explain:
      'Choose two signed states. This browser fetches the hashes between them and computes both summaries from the same hashes: they come out right only if the larger state begins with exactly the smaller one.',
    older: 'Smaller state (entries)',
    newer: 'Larger state (entries)',
    run: 'Compare',
    running: 'Fetching hashes and computing',
    holds: (older: string, newer: string) =>
      `Yes. The state of ${newer} entries begins with exactly the ${older} entries of the other: nothing was changed, removed or inserted.`,
    details: (hashes: string, tiles: string) =>
      `Hashes in the proof: ${hashes}, computed here from the public log (tiles read: ${tiles}).`,
    same: 'Both are the same state.',
    signatures: 'Both checkpoints are signed by the log key.',
    fails: (reason: string) =>
      `No. These two states do not belong to one log that only grew: ${reason}. Keep both checkpoints: together they are evidence against the operator.`,
    missing: (size: string) => `There is no checkpoint of ${size} entries.`,
    order: 'Enter two tree sizes, the smaller one first.',
    keep: 'The two checkpoints',
  },
} as const;
