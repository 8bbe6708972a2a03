/**
 * Attestations: what witnesses have cosigned. A row holds the checkpoint's note with its cosignatures; once
 * `attested_at` is set the policy held for it, receipts lead to it, and it changes no more. `witness_state` is what each
 * witness is known to have cosigned last, a hint that saves a round trip. `log.policy` is the policy in force, so that
 * the API knows what a receipt still waits for; what was anchored before the first one (`policy_since`) was final then
 * and stays as it is.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class Attestations1763683200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE log ADD COLUMN policy text;
      ALTER TABLE log ADD COLUMN policy_since timestamptz;
      CREATE TABLE attestation (
        log smallint NOT NULL,
        tree_size bigint NOT NULL,
        note bytea NOT NULL,
        attested_at timestamptz,
        PRIMARY KEY (log, tree_size),
        FOREIGN KEY (log, tree_size) REFERENCES checkpoint (log, tree_size)
      );
      CREATE INDEX attestation_held ON attestation (log, tree_size) WHERE attested_at IS NOT NULL;
      CREATE TABLE witness_state (
        log smallint NOT NULL REFERENCES log,
        verifier_key text NOT NULL,
        tree_size bigint NOT NULL,
        PRIMARY KEY (log, verifier_key)
      );
      GRANT SELECT ON attestation TO cunzheng_api;
      GRANT SELECT, INSERT, UPDATE (note, attested_at) ON attestation TO cunzheng_worker;
      GRANT SELECT, INSERT, UPDATE (tree_size) ON witness_state TO cunzheng_worker;
      GRANT UPDATE (policy, policy_since) ON log TO cunzheng_worker`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
