/**
 * Where the ledger holds a record: SQL that finds it from the parcel `p`, and what is made of it. Evidence and tokens of the
 * timestamping authority share it.
 */

/** Where the ledger holds a record, once its block is anchored. */
export interface Anchoring {
  readonly leafIndex: number;
  readonly height: number;
  /** J(header) of the block. */
  readonly header: string;
  /**
   * The checkpoint that the receipt leads to: the first attested one that covers the block, or while there is none the
   * one at the block's end.
   */
  readonly note: Buffer;
  readonly anchoredAt: Date;
  readonly attestedAt: Date | undefined;
  /** Whether the receipt will lead to this checkpoint for good. */
  readonly final: boolean;
}

export interface AnchoringRow {
  readonly ord: number;
  readonly first_leaf: string | null;
  readonly height: string | null;
  readonly header: Buffer | null;
  readonly note: Buffer | null;
  readonly anchored_at: Date | null;
  readonly attested_at: Date | null;
  readonly has_policy: boolean;
}

export const ANCHORING_COLUMNS = `
    p.first_leaf, b.height, b.header, coalesce(a.note, c.note) AS note, b.anchored_at, a.attested_at,
    coalesce(b.anchored_at >= l.policy_since AND l.policy IS NOT NULL, false) AS has_policy`;

export const ANCHORING_JOINS = `
  JOIN log l ON l.id = p.log
  LEFT JOIN block b ON b.log = p.log AND b.height = p.height
  LEFT JOIN checkpoint c ON c.log = b.log AND c.height = b.height
  LEFT JOIN LATERAL (
    SELECT note, attested_at FROM attestation
    WHERE log = b.log AND tree_size > b.first_index + b.count AND attested_at IS NOT NULL
      AND b.anchored_at >= l.policy_since
    ORDER BY tree_size LIMIT 1
  ) a ON true`;

/** Undefined while the block is not anchored. */
export function anchoringOf({
  height,
  header,
  note,
  anchored_at: anchoredAt,
  attested_at: attestedAt,
  has_policy: hasPolicy,
  first_leaf: firstLeaf,
  ord,
}: AnchoringRow): Anchoring | undefined {
  if (height === null || !header || !note || !anchoredAt) return undefined;
  return {
    leafIndex: Number(firstLeaf) + ord,
    height: Number(height),
    header: header.toString('utf8'),
    note,
    anchoredAt,
    attestedAt: attestedAt ?? undefined,
    final: attestedAt !== null || !hasPolicy,
  };
}
