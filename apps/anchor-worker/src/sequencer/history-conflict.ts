/** The ledger and the database tell different histories. The worker must stop; the message says which block and why. */
export class HistoryConflictError extends Error {
  override readonly name = 'HistoryConflictError';
}
