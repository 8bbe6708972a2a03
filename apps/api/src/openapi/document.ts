/** The OpenAPI 3.1 document at `/openapi.json` and Swagger UI at `/docs`. */
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { describeWebhooks } from '../webhooks/events.openapi.js';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';

export function createOpenApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Cunzheng (存证)')
    .setDescription(
      'Evidence notarization: send the fingerprint of a document, get a receipt that anyone can verify offline. Problems are RFC 9457 documents with a stable `type`.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, `czk_…`' })
    .build();
  return describeWebhooks(SwaggerModule.createDocument(app, description));
}

export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}
