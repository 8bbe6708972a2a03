/**
 * Whether what a record says of its own and what its statement says are the same. A member may stand in both places
 * (a clear fingerprint, a disclosed title); where it does, the values must be equal as J(x). Intake refuses otherwise,
 * and a verifier compares whatever it is shown.
 */
import { formatCanonical } from '@cunzheng/canonical-json';

import { OPTIONAL_MEMBER_NAMES, type OptionalMembers } from './optional-members.js';
import { type Statement } from './statement.js';

const COMPARED = ['fingerprints', 'organization', ...OPTIONAL_MEMBER_NAMES] as const;

export type ComparedMember = (typeof COMPARED)[number];

/**
 * The names to which both `shown` and the statement give a value, and not the same. What only one of them says is not
 * compared: it is withheld, or was never signed.
 */
export function findStatementMismatches(
  shown: { readonly [Name in ComparedMember]?: unknown },
  statement: Statement,
): ComparedMember[] {
  return COMPARED.filter((name) => {
    const [recorded, stated] = [shown[name], statement[name]];
    return (
      recorded !== undefined && stated !== undefined && formatCanonical(recorded) !== formatCanonical(stated)
    );
  });
}

/** The descriptions that are shown beside the statement without standing in it: nobody signed these. */
export function findUnstated(shown: OptionalMembers, statement: Statement): string[] {
  return OPTIONAL_MEMBER_NAMES.filter((name) => shown[name] !== undefined && statement[name] === undefined);
}
