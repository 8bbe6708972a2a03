/**
 * Who may call an operation, from the access table: without a key (an empty `security`), or with one that has the scope
 * `x-scope`; `x-roles` are all roles that have it.
 */
import { type OpenAPIObject } from '@nestjs/swagger';
import { ROLES } from '@cunzheng/persistence';
import { ACCESS } from '../auth/access-table.js';

export function describeAccess(document: OpenAPIObject): OpenAPIObject {
  for (const [route, scope] of Object.entries(ACCESS)) {
    const [method = '', template = ''] = route.split(' ');
    const path = template.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}');
    const operation = document.paths[path]?.[method.toLowerCase() as 'get'];
    if (!operation) continue;
    operation.security = scope === 'public' ? [] : [{ bearer: [] }];
    if (scope === 'public') continue;
    const roles = Object.entries(ROLES).filter(([, { scopes }]) =>
      (scopes as readonly string[]).includes(scope),
    );
    Object.assign(operation, { 'x-scope': scope, 'x-roles': roles.map(([name]) => name) });
  }
  return document;
}
