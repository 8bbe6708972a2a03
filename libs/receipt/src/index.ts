/**
 * What Cunzheng hands out and how anyone verifies it: statements, envelopes, records, disclosures, checkpoints, policies,
 * trust, receipts. Pure: the same code in API, CLI and browser. Formats are described in docs/formats/.
 */
export { appendCosignatures } from './checkpoint/append-cosignatures.js';
export {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
  timestampImprintInput,
} from './checkpoint/checkpoint.js';
export { computeCosignatureMessage } from './checkpoint/cosignature.js';
export { cosignNote, type SignMessage, signNote } from './checkpoint/sign-note.js';
export {
  formatNote,
  formatSignatureLine,
  MAX_NOTE_LENGTH,
  type NoteSignature,
  parseNote,
  type SignedNote,
} from './checkpoint/signed-note.js';
export { computeSubtreeMessage, type SubtreeMessage } from './checkpoint/subtree-message.js';
export {
  formatVerifierKey,
  isKeyName,
  parseVerifierKey,
  type VerifierKey,
  type VerifierKeyType,
} from './checkpoint/verifier-key.js';
export { type VerifiedSignature, verifyNote } from './checkpoint/verify-note.js';
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from './encoding/base64.js';
export { decodeHex, encodeHex, isHex } from './encoding/hex.js';
export { formatUuidV7, parseUuidV7, UUID_RANDOM_BYTES } from './encoding/uuid-v7.js';
export { ReceiptError, type ReceiptErrorCode } from './errors.js';
export {
  formatReceipt,
  MAX_RECEIPT_BYTES,
  parseReceipt,
  type Receipt,
  type ReceiptTimestamp,
} from './receipt/receipt.js';
export { extractReceipt } from './receipt/extract-receipt.js';
export { reduceReceipt } from './receipt/reduce-receipt.js';
export {
  DISCLOSURE_LIMITS,
  type SignerDisclosures,
  type SignerIdentifier,
  type SignerVerification,
} from './record/disclosure-values.js';
export {
  type Disclosure,
  type DisclosureInput,
  formatDisclosure,
  hashDisclosure,
  parseDisclosure,
  SALT_BYTES,
} from './record/disclosure.js';
export { decoyCount, type FormattedRecord, formatRecord, type RecordInput } from './record/format-record.js';
export { checkDisclosures, type DisclosedRecord } from './record/match-disclosures.js';
export {
  filterDisclosures,
  isChosenBy,
  isDisclosureChoice,
  listDisclosureNames,
  selectDisclosures,
} from './record/select-disclosures.js';
export {
  type Assurance,
  ASSURANCES,
  type EvidenceRecord,
  parseRecord,
  RECORD_KINDS,
  type RecordKind,
} from './record/record.js';
export { computePae, STATEMENT_PAYLOAD_TYPE } from './statement/dsse.js';
export {
  type Envelope,
  type EnvelopeJson,
  type EnvelopeSignature,
  formatEnvelope,
  parseEnvelope,
} from './statement/envelope.js';
export {
  type Fingerprint,
  FINGERPRINT_ALGORITHMS,
  type FingerprintAlgorithm,
  parseFingerprints,
  sortFingerprints,
} from './statement/fingerprints.js';
export { LIMITS, MEDIA_TYPE } from './statement/limits.js';
export { findStatementMismatches } from './statement/match-statement.js';
export { type MetadataItem, type OptionalMembers } from './statement/optional-members.js';
export {
  formatStatement,
  parseStatement,
  type SignerAlgorithm,
  signerAlgorithms,
  type Statement,
  type StatementInput,
  type StatementSigner,
} from './statement/statement.js';
export { type SignatureResult, type SignerResult, verifyEnvelope } from './statement/verify-envelope.js';
export {
  formatTlogProof,
  MAX_TLOG_PROOF_LENGTH,
  parseTlogProof,
  type TlogProof,
} from './tlog-proof/tlog-proof.js';
export { maySignSize } from './trust/key-window.js';
export { type VerifiedTlogProof, verifyTlogProof } from './tlog-proof/verify-tlog-proof.js';
export { parsePolicy } from './trust/parse-policy.js';
export {
  formatPolicy,
  NO_QUORUM,
  type Policy,
  type PolicyGroup,
  type PolicyLog,
  type PolicyWitness,
} from './trust/policy.js';
export { earliestCosignatures, evaluateQuorum, type QuorumResult } from './trust/quorum.js';
export {
  formatTrustFolder,
  type KeyWindow,
  parseTrust,
  type Trust,
  type TrustFiles,
  type TrustFolderInput,
} from './trust/trust.js';
export { type VerifiedCheckpoint, verifyCheckpoint } from './trust/verify-checkpoint.js';
export { type DocumentFingerprint } from './verify/document.js';
export {
  type Check,
  CHECK_NAMES,
  type CheckName,
  type CheckReason,
  type CheckStatus,
  type ExistedBy,
  type Facts,
  type ReasonCode,
  type VerificationReport,
  type Verdict,
} from './verify/report.js';
export {
  type CertificatesRequest,
  type CertificatesResult,
  type VerifyCertificates,
} from './verify/signer-certificates.js';
export { type TimestampRequest, type TimestampResult, type VerifyTimestamp } from './verify/timestamps.js';
export {
  createVerifier,
  type Verifier,
  type VerifierOptions,
  verifyReceipt,
  type VerifyOptions,
} from './verify/verifier.js';
export { type LoggedRevocation } from './verify/signer-revocations.js';
export {
  type AddCheckpointRequest,
  formatAddCheckpointRequest,
  MAX_ADD_CHECKPOINT_LENGTH,
  parseAddCheckpointRequest,
} from './witness/add-checkpoint-request.js';
export {
  type AddCheckpointOutcome,
  type AddCheckpointResponse,
  formatAddCheckpointResponse,
  parseAddCheckpointResponse,
  TLOG_SIZE_TYPE,
} from './witness/add-checkpoint-response.js';
export {
  type CosignDecision,
  type CosignInput,
  type CosignRefusal,
  decideCosign,
  type WitnessState,
} from './witness/decide-cosign.js';
