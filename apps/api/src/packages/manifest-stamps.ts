/**
 * The RFC 3161 timestamp over a package's manifest: asked for once, from the first of the configured authorities that
 * gives a valid one, and kept, so that the same package is the same bytes whenever it is asked for.
 */
import { createHash } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { fetchTimestamp, type Tsa } from '@cunzheng/timestamp/node';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

export interface StampSettings {
  readonly tsas: readonly Tsa[];
  /** DER roots that a token's chain may end in. */
  readonly roots: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly now: () => number;
}

export class ManifestStamps {
  constructor(
    private readonly database: Database,
    private readonly settings: StampSettings,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Whether there is anybody to ask. */
  get isConfigured(): boolean {
    return this.settings.tsas.length > 0;
  }

  /** The token over `manifest`. @throws ProblemError `not-ready` when no authority answers as it should. */
  async stamp(caller: Principal, manifest: Uint8Array): Promise<Uint8Array> {
    const digest = createHash('sha256').update(manifest).digest();
    return (
      (await this.load(caller, digest)) ?? (await this.store(caller, digest, await this.fetch(manifest)))
    );
  }

  private async fetch(manifest: Uint8Array): Promise<Uint8Array> {
    const { tsas, ...how } = this.settings;
    for (const { url } of tsas) {
      try {
        return (await fetchTimestamp(nativeCrypto, { ...how, url, data: manifest })).token;
      } catch (error) {
        this.onError(error);
      }
    }
    throw new ProblemError('not-ready', 'no timestamping authority answers: repeat the request shortly', {
      retryAfterSeconds: 30,
    });
  }

  private async load(caller: Principal, digest: Buffer): Promise<Uint8Array | undefined> {
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rows } = await client.query<{ token: Buffer }>(
        'SELECT token FROM package_timestamp WHERE organization = $1 AND manifest_sha256 = $2',
        [caller.organizationKey, digest],
      );
      return rows[0]?.token;
    });
  }

  /** The token that is kept: the first, when two requests were answered at once. */
  private async store(caller: Principal, digest: Buffer, token: Uint8Array): Promise<Uint8Array> {
    await this.database.forOrganization(caller.organizationKey, (client) =>
      client.query(
        `INSERT INTO package_timestamp (organization, manifest_sha256, token) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING`,
        [caller.organizationKey, digest, Buffer.from(token)],
      ),
    );
    return (await this.load(caller, digest)) ?? token;
  }
}
