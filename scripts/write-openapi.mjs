// Writes the OpenAPI document of the built API to docs/api/openapi.json, or to the file that is named. Nothing is started:
// the document comes from what the controllers say of themselves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { pino } from 'pino';
import { createApi } from '../dist/apps/api/src/bootstrap.js';
import { createOpenApiDocument } from '../dist/apps/api/src/openapi/document.js';
import { loadSettings } from '../dist/libs/settings/src/index.js';

const target = process.argv[2] ?? 'docs/api/openapi.json';
const dataDir = mkdtempSync(join(tmpdir(), 'cunzheng-openapi-'));
try {
  const settings = loadSettings({ DATA_DIR: dataDir, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
  const app = await createApi(settings, pino({ level: 'silent' }));
  const text = JSON.stringify(createOpenApiDocument(app));
  writeFileSync(
    target,
    await format(text, { ...(await resolveConfig('docs/api/openapi.json')), parser: 'json' }),
  );
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(0);
