/** Lets a request through to a route only as the access table says: with a key that has the scope, or to the public ones. */
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { accessOf } from './access-table.js';
import { ApiKeys } from './api-keys.js';
import { type Principal } from './principal.js';

@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly apiKeys: ApiKeys) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const scope = accessOf(request.method, request.routeOptions.url);
    if (scope === undefined)
      throw new Error(`${request.method} ${request.routeOptions.url} is not in the access table`);
    if (scope === 'public') return true;
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
