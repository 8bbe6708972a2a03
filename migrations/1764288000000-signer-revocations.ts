/**
 * Revocations of signers' keys, or of one certificate for a key: rows are only ever added, each in the transaction that
 * queues its `revocation` event for the log. `signer_key.revoked_at` stays for what an operator revoked by hand before.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const OWN = `organization = ANY ((SELECT string_to_array(nullif(current_setting('app.organizations', true), ''), ',')::int[])::int[])`;

export class SignerRevocations1764288000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE signer_revocation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        organization int NOT NULL REFERENCES organization,
        key int NOT NULL REFERENCES signer_key,
        certificate bytea CHECK (octet_length(certificate) = 32),
        effective_at timestamptz NOT NULL,
        reason text,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX signer_revocation_key ON signer_revocation (key);
      ALTER TABLE signer_revocation ENABLE ROW LEVEL SECURITY;
      ALTER TABLE signer_revocation FORCE ROW LEVEL SECURITY;
      CREATE POLICY signer_revocation_owner ON signer_revocation TO CURRENT_USER USING (true) WITH CHECK (true);
      CREATE POLICY signer_revocation_organization ON signer_revocation TO cunzheng_api USING (${OWN}) WITH CHECK (${OWN});
      GRANT SELECT, INSERT ON signer_revocation TO cunzheng_api;
      CREATE TRIGGER signer_revocation_added AFTER INSERT ON signer_revocation EXECUTE FUNCTION notify_keys_changed()`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
