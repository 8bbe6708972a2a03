/**
 * The one table of who may call what: every route of every controller with the scope it needs, or `public`. The guard
 * reads it and lets nobody through to a route that is not in it. Roles are sets of scopes (`libs/persistence/src/access`);
 * docs/api/access.md shows both together, and a test walks every combination of role and route.
 */
import { type ApiKeyScope } from '@cunzheng/persistence';

export const ACCESS: Readonly<Record<string, ApiKeyScope | 'public'>> = {
  'POST /v1/evidence': 'evidence:write',
  'POST /v1/evidence/batch': 'evidence:write',
  'POST /v1/imports': 'evidence:write',
  'PATCH /v1/imports/:id': 'evidence:write',
  'GET /v1/imports/:id': 'evidence:write',
  'GET /v1/imports/:id/results': 'evidence:write',
  'GET /v1/receipts': 'evidence:read',
  'GET /v1/evidence': 'evidence:read',
  'GET /v1/evidence/:id': 'evidence:read',
  'GET /v1/evidence/:id/receipt': 'evidence:read',
  'GET /v1/evidence/:id/certificate.pdf': 'evidence:read',
  'POST /v1/packages': 'evidence:read',
  'GET /v1/evidence/:id/shares': 'evidence:read',
  'GET /v1/evidence/:id/publication': 'evidence:read',
  'POST /v1/evidence/:id/shares': 'evidence:share',
  'DELETE /v1/evidence/:id/shares/:share': 'evidence:share',
  'PUT /v1/evidence/:id/publication': 'evidence:share',
  'DELETE /v1/evidence/:id/publication': 'evidence:share',
  'POST /v1/signers': 'signers:write',
  'POST /v1/signers/:id/keys': 'signers:write',
  'POST /v1/signers/:id/keys/:keyid/revocations': 'signers:write',
  'POST /v1/signers/:id/keys/:keyid/certificates': 'signers:write',
  'GET /v1/signers/:id': 'signers:read',
  'DELETE /v1/evidence/:id/personal-data': 'personal-data:erase',
  'DELETE /v1/signers/:id/personal-data': 'personal-data:erase',

  'PUT /v1/members/:id': 'members:write',
  'GET /v1/members': 'members:read',
  'POST /v1/api-keys': 'api-keys:write',
  'DELETE /v1/api-keys/:id': 'api-keys:write',
  'GET /v1/api-keys': 'api-keys:read',
  'GET /v1/usage': 'usage:read',

  'POST /v1/webhook-endpoints': 'webhooks:write',
  'PATCH /v1/webhook-endpoints/:id': 'webhooks:write',
  'DELETE /v1/webhook-endpoints/:id': 'webhooks:write',
  'GET /v1/webhook-endpoints/:id/secret': 'webhooks:write',
  'POST /v1/webhook-endpoints/:id/rotate-secret': 'webhooks:write',
  'POST /v1/webhook-endpoints/:id/test': 'webhooks:write',
  'POST /v1/webhook-endpoints/:id/recover': 'webhooks:write',
  'POST /v1/webhook-deliveries/:id/resend': 'webhooks:write',
  'GET /v1/webhook-endpoints': 'webhooks:read',
  'GET /v1/webhook-endpoints/:id': 'webhooks:read',
  'GET /v1/webhook-deliveries': 'webhooks:read',
  'GET /v1/webhook-deliveries/:id': 'webhooks:read',
  'GET /v1/events': 'events:read',

  'GET /v1/audit-log': 'audit-log:read',
  'GET /v1/supervision/:organization/evidence': 'supervision:read',
  'GET /v1/supervision/:organization/evidence/:id': 'supervision:read',
  'GET /v1/supervision/:organization/evidence/:id/receipt': 'supervision:read',
  'GET /v1/supervision/:organization/audit-log': 'supervision:read',

  'GET /v1/shares/:token': 'public',
  'GET /v1/public/evidence': 'public',
  'POST /v1/receipts/verify': 'public',
  'POST /tsa': 'public',
  'GET /tsa/receipts/:sha256': 'public',
  'GET /logs': 'public',
  'GET /logs/:log/log.v1.json': 'public',
  'GET /logs/:log/checkpoint': 'public',
  'GET /logs/:log/tile/*': 'public',
  'GET /logs/:log/checkpoints': 'public',
  'GET /logs/:log/checkpoints/:size': 'public',
  'GET /logs/:log/checkpoints/:size/timestamps': 'public',
  'GET /logs/:log/blocks': 'public',
  'GET /logs/:log/blocks/:height': 'public',
  'GET /logs/:log/events': 'public',
  'GET /logs/:log/proofs/:leafIndex': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
};

/** What a route needs; HEAD is GET without its body. Undefined for a route that is not in the table. */
export function accessOf(method: string, route: string | undefined): ApiKeyScope | 'public' | undefined {
  return ACCESS[`${method === 'HEAD' ? 'GET' : method} ${route ?? ''}`];
}
