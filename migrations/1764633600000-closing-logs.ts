/**
 * Closing a log and opening the next. The operator asks for it and names the next origin (`close_requested_at`,
 * `next_origin`); the worker, which alone has keys, opens that log and sets `closing_at` in one transaction, the switch.
 * From then on the old log takes no parcel. When everything that waits is in blocks, the `close` event is prepared with
 * `last_size`, and from then on the log takes no log entry and no block; `closed_at` comes with its last checkpoint.
 *
 * The fences are here, so that no process can be behind the times. A parcel or log entry is inserted under a shared
 * advisory lock of its log, and whoever changes the log's state takes it exclusively: it waits for inserts under way, and
 * those that come later see the new state. A row lock would do the same, but under load there is always somebody who
 * shares it, and the switch would wait for ever; advisory locks queue.
 */
import { type MigrationInterface, type QueryRunner } from 'typeorm';

const FENCE = `
  CREATE FUNCTION fence_log(log_id smallint) RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock_shared(1129990995, log_id) $$;
  CREATE FUNCTION refuse_for_closing_log() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM fence_log(NEW.log);
    PERFORM FROM log WHERE id = NEW.log AND (closing_at IS NOT NULL OR closed_at IS NOT NULL);
    IF FOUND THEN
      RAISE EXCEPTION 'log % takes no more records', NEW.log USING ERRCODE = 'CZ001';
    END IF;
    RETURN NEW;
  END $$;
  CREATE FUNCTION refuse_for_ended_log() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM fence_log(NEW.log);
    PERFORM FROM log WHERE id = NEW.log AND (last_size IS NOT NULL OR closed_at IS NOT NULL);
    IF FOUND THEN
      RAISE EXCEPTION 'log % has its close event prepared', NEW.log USING ERRCODE = 'CZ001';
    END IF;
    RETURN NEW;
  END $$;
  CREATE FUNCTION refuse_block_behind_end() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM FROM log WHERE id = NEW.log AND last_size <= NEW.first_index;
    IF FOUND THEN
      RAISE EXCEPTION 'log % is closed: no block may follow', NEW.log USING ERRCODE = 'CZ001';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER parcel_of_open_log BEFORE INSERT ON parcel
    FOR EACH ROW EXECUTE FUNCTION refuse_for_closing_log();
  CREATE TRIGGER log_entry_of_unended_log BEFORE INSERT ON log_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_for_ended_log();
  CREATE TRIGGER block_before_end BEFORE INSERT ON block
    FOR EACH ROW EXECUTE FUNCTION refuse_block_behind_end()`;

export class ClosingLogs1764633600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE log
        ADD COLUMN close_requested_at timestamptz,
        ADD COLUMN next_origin text,
        ADD COLUMN closing_at timestamptz,
        ADD COLUMN last_size bigint CHECK (last_size >= 1),
        ADD CHECK (close_requested_at IS NULL OR next_origin IS NOT NULL),
        ADD CHECK (last_size IS NULL OR closing_at IS NOT NULL);
      GRANT UPDATE (close_requested_at, next_origin, closing_at, closed_at, last_size) ON log TO cunzheng_worker`);
    await queryRunner.query(FENCE);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only: restore a backup to go back'));
  }
}
