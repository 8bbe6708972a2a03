/** The OpenAPI 3.1 document at `/openapi.json` and Swagger UI at `/docs`. */
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { describeWebhooks } from '../webhooks/events.openapi.js';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { describeAccess } from './describe-access.js';

const TAGS = {
  evidence: 'Notarize fingerprints and read what became of them',
  imports: 'Millions of works in one stream',
  receipts: 'Fetch and verify receipts',
  packages: 'Evidence packages for a court',
  sharing: 'Share links and public evidence',
  public: 'What anyone may look up',
  signers: 'Registered signers and their keys',
  'personal data': 'Erasure',
  webhooks: 'Being told what happened',
  log: 'The public log',
  timestamps: 'The service as a timestamping authority',
  organization: 'Members and API keys of the organization',
  supervision: 'What a supervising organization reads of those it supervises',
  health: 'Whether the service runs',
};

export function createOpenApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Cunzheng (存证)')
    .setDescription(
      'Evidence notarization: send the fingerprint of a document, get a receipt that anyone can verify offline. Problems are RFC 9457 documents with a stable `type`.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'An API key, `czk_…`. `x-scope` of an operation is the scope it needs, `x-roles` are the roles that have it.',
    })
    .addServer('/', 'The service that serves this document');
  const description = Object.entries(TAGS)
    .reduce((tagged, [name, text]) => tagged.addTag(name, text), builder)
    .build();
  return describeAccess(describeWebhooks(SwaggerModule.createDocument(app, description)));
}

export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
  });
}
