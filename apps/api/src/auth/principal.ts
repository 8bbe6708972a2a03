/** Who is calling, once the key is known: the organization and what the key may do. */
import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { type ApiKeyScope } from '@cunzheng/persistence';
import { type FastifyRequest } from 'fastify';

export interface Principal {
  /** Internal key of the organization, for row-level security. */
  readonly organizationKey: number;
  /** Its public id, which statements and disclosures name. */
  readonly organizationId: string;
  readonly scopes: readonly string[];
}

declare module 'fastify' {
  interface FastifyRequest {
    principal?: Principal;
  }
}

export const SCOPE_METADATA = 'cunzheng:scope';

/** The scope that a route requires. A route without it is public. */
export const RequireScope = (scope: ApiKeyScope): MethodDecorator => SetMetadata(SCOPE_METADATA, scope);

/** The principal of an authenticated request, as a handler argument. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('route reads the caller but requires no scope');
  return principal;
});
