/** Lets a request through to a route with `@RequireScope` only with a key that has that scope. */
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { ApiKeys } from './api-keys.js';
import { SCOPE_METADATA, type Principal } from './principal.js';

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly apiKeys: ApiKeys,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const scope = this.reflector.get<string | undefined>(SCOPE_METADATA, context.getHandler());
    if (scope === undefined) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const admit = (principal: Principal): boolean => {
      if (!principal.scopes.includes(scope)) {
        throw new ProblemError('scope-missing', `this route needs a key with the scope ${scope}`);
      }
      request.principal = principal;
      return true;
    };
    const principal = request.principal ?? this.apiKeys.authenticate(request.headers.authorization);
    return principal instanceof Promise ? principal.then(admit) : admit(principal);
  }
}
