/** Members and API keys of an organization, as its administrators see them. */
import { z } from 'zod';
import { API_KEY_SCOPES, ROLE_NAMES, type ApiKeyScope, type RoleName } from '@cunzheng/persistence';
import { text } from '../evidence/evidence.schemas.js';

const exampleMember = {
  id: 'zhang.wei',
  roles: ['submitter' as const],
  suspended: false,
  createdAt: '2026-11-20T08:00:00.000Z',
};
const exampleKey = {
  id: 'abcdefgh',
  label: 'archive',
  member: 'zhang.wei',
  roles: ['submitter' as const],
  scopes: [],
  createdAt: '2026-11-20T08:00:00.000Z',
  expiresAt: '2027-11-20T08:00:00.000Z',
};

const roles = z
  .array(z.enum(ROLE_NAMES as [RoleName, ...RoleName[]]))
  .max(ROLE_NAMES.length)
  .meta({ description: 'Names of roles, see docs/api/access.md' });
const scopes = z.array(z.enum(API_KEY_SCOPES as [ApiKeyScope, ...ApiKeyScope[]])).max(API_KEY_SCOPES.length);

/** A handle of the organization's choosing; nobody's name belongs into it. */
export const memberId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be a handle such as zhang.wei');

export const memberRequest = z
  .strictObject({ roles, suspended: z.boolean().default(false) })
  .meta({ id: 'MemberRequest', examples: [{ roles: ['submitter'] }] });

export const member = z
  .strictObject({ id: memberId, roles, suspended: z.boolean(), createdAt: z.iso.datetime() })
  .meta({ id: 'Member', examples: [exampleMember] });

export const memberPage = z
  .strictObject({ items: z.array(member) })
  .meta({ id: 'MemberPage', examples: [{ items: [exampleMember] }] });

export const organizationKeyRequest = z
  .strictObject({
    label: text({ min: 0, max: 200 }).default(''),
    member: memberId
      .optional()
      .meta({ description: 'Whose key it is: it never does more than the member may' }),
    roles: roles.default([]),
    scopes: scopes.default([]).meta({ description: 'Single scopes beside those of the roles' }),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'ApiKeyRequest', examples: [{ member: 'zhang.wei', roles: ['submitter'] }] });

const key = {
  id: z.string(),
  label: z.string(),
  member: z.string().optional(),
  roles: z.array(z.string()),
  scopes: z.array(z.string()),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  lastUsedAt: z.iso.datetime().optional().meta({ description: 'True to about five seconds' }),
};

export const organizationKey = z.strictObject(key).meta({ id: 'ApiKey', examples: [exampleKey] });

export const createdOrganizationKey = z
  .strictObject({ ...key, apiKey: z.string().meta({ description: 'The key itself, shown this once' }) })
  .meta({
    id: 'CreatedApiKey',
    examples: [{ ...exampleKey, apiKey: 'czk_abcdefgh_abcdefghijklmnopqrstuvwxyz234567_abcdefgh' }],
  });

export const organizationKeyPage = z
  .strictObject({ items: z.array(organizationKey) })
  .meta({ id: 'ApiKeyPage', examples: [{ items: [exampleKey] }] });

export type MemberRequest = z.output<typeof memberRequest>;
export type Member = z.output<typeof member>;
export type OrganizationKeyRequest = z.output<typeof organizationKeyRequest>;
export type OrganizationKey = z.output<typeof organizationKey>;
export type CreatedOrganizationKey = z.output<typeof createdOrganizationKey>;
