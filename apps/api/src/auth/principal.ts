/** Who is calling, once the key is known: the organization and what the key may do. */
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type OrganizationLimits } from '@cunzheng/persistence';
import { type FastifyRequest } from 'fastify';

/** An organization, as row-level security and records name it. */
export interface Tenant {
  /** Internal key of the organization, for row-level security. */
  readonly organizationKey: number;
  /** Its public id, which statements and disclosures name. */
  readonly organizationId: string;
}

export interface Principal extends Tenant {
  /** Public id of the key. */
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** What the operator lets the organization send. */
  readonly limits: OrganizationLimits;
}

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
  }
}

/** The principal of an authenticated request, as a handler argument. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('route reads the caller but is public');
  return principal;
});
