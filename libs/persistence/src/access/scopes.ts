/**
 * What may be done, in narrow scopes under four permission groups. A scope never changes its meaning; a new ability gets
 * a scope of its own. Which route needs which scope is the API's access table.
 */
export const SCOPES_BY_GROUP = {
  /** Business operation: evidence and those who stand behind it. */
  business: [
    'evidence:write',
    'evidence:read',
    'evidence:share',
    'signers:write',
    'signers:read',
    'personal-data:erase',
  ],
  /** Platform operation: the organization's people, keys and usage. */
  platform: ['members:write', 'members:read', 'api-keys:write', 'api-keys:read', 'usage:read'],
  /** Maintenance: how systems are connected. */
  maintenance: ['webhooks:write', 'webhooks:read', 'events:read'],
  /** Supervision: looking, never changing. */
  supervision: ['supervision:read', 'audit-log:read'],
} as const;

export type PermissionGroup = keyof typeof SCOPES_BY_GROUP;
export type ApiKeyScope = (typeof SCOPES_BY_GROUP)[PermissionGroup][number];

export const API_KEY_SCOPES: readonly ApiKeyScope[] = Object.values(SCOPES_BY_GROUP).flat();

/** What a key gets that is made without naming scopes or roles: daily work, and nothing that cannot be undone. */
export const DEFAULT_API_KEY_SCOPES: readonly ApiKeyScope[] = [
  ...SCOPES_BY_GROUP.business,
  ...SCOPES_BY_GROUP.maintenance,
].filter((scope) => scope !== 'personal-data:erase');
