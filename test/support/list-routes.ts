/** Every route of the API's controllers, from what Nest keeps of their decorators, as Fastify spells them. */
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { noTracing } from '@cunzheng/telemetry';
import { ApiMetrics } from '../../apps/api/src/metrics/api-metrics.js';
import { AppModule, type ApiSettings } from '../../apps/api/src/app.module.js';

/** Such as `GET /v1/evidence/:id`. */
export function listRoutes(settings: ApiSettings): string[] {
  const { controllers = [] } = AppModule.create({
    settings,
    now: Date.now,
    metrics: new ApiMetrics(false),
    tracing: noTracing,
    onError: () => undefined,
  });
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const method = Reflect.getMetadata(METHOD_METADATA, prototype[name]!) as RequestMethod | undefined;
      if (method === undefined) return [];
      const parts = [
        Reflect.getMetadata(PATH_METADATA, controller),
        Reflect.getMetadata(PATH_METADATA, prototype[name]!),
      ] as string[];
      const path = parts
        .flatMap((part) => part.split('/'))
        .filter(Boolean)
        .join('/');
      return [`${RequestMethod[method]} /${path}`];
    });
  });
}
