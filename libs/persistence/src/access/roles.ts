/**
 * Roles: sets of scopes by name, each under one permission group. Keys and members hold names of roles, so that a role
 * means the same for everybody. What a key may do in the end is computed here and nowhere else.
 */
import { API_KEY_SCOPES, type ApiKeyScope, type PermissionGroup } from './scopes.js';

interface Role {
  readonly group: PermissionGroup;
  readonly scopes: readonly ApiKeyScope[];
}

export const ROLES = {
  submitter: { group: 'business', scopes: ['evidence:write', 'evidence:read', 'signers:read'] },
  registrar: { group: 'business', scopes: ['signers:write', 'signers:read'] },
  publisher: { group: 'business', scopes: ['evidence:read', 'evidence:share'] },
  reader: { group: 'business', scopes: ['evidence:read', 'signers:read'] },
  'data-protection-officer': {
    group: 'business',
    scopes: ['personal-data:erase', 'evidence:read', 'signers:read'],
  },
  administrator: {
    group: 'platform',
    scopes: ['members:write', 'members:read', 'api-keys:write', 'api-keys:read', 'usage:read'],
  },
  integrator: { group: 'maintenance', scopes: ['webhooks:write', 'webhooks:read', 'events:read'] },
  auditor: { group: 'supervision', scopes: ['audit-log:read'] },
  supervisor: { group: 'supervision', scopes: ['supervision:read'] },
} as const satisfies Record<string, Role>;

export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as readonly RoleName[];

/** What an organization is. An auditor only looks: its keys never submit, change or erase, whatever they say. */
export const ORGANIZATION_TYPES = [
  'submitter',
  'arbitration',
  'notary',
  'copyright-platform',
  'auditor',
] as const;

const NOT_FOR_AUDITORS: readonly ApiKeyScope[] = [
  'evidence:write',
  'evidence:share',
  'signers:write',
  'personal-data:erase',
];

/** What is stored of a key and of those it belongs to. */
export interface KeyGrant {
  readonly organizationType: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Roles of the member whose key it is; null for a key of the organization itself. */
  readonly memberRoles: readonly string[] | null;
}

/**
 * The scopes of a key: its own and those of its roles, of a member's key never more than the member has, of an auditor's
 * nothing that changes evidence. A member's key without any of its own has the member's. Unknown names give nothing.
 */
export function computeScopes({
  organizationType,
  scopes,
  roles,
  memberRoles,
}: KeyGrant): readonly ApiKeyScope[] {
  const own = new Set<string>([...scopes, ...scopesOfRoles(roles)]);
  const members = memberRoles && scopesOfRoles(memberRoles);
  const inherits = own.size === 0 && roles.length === 0;
  return API_KEY_SCOPES.filter(
    (scope) =>
      (members ? members.has(scope) && (inherits || own.has(scope)) : own.has(scope)) &&
      !(organizationType === 'auditor' && NOT_FOR_AUDITORS.includes(scope)),
  );
}

function scopesOfRoles(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    ROLE_NAMES.filter((name) => names.includes(name)).flatMap(
      (name): readonly string[] => ROLES[name].scopes,
    ),
  );
}
