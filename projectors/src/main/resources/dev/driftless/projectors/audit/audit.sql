-- Layout 1. Whoever changes this file, or positions.sql, raises the number.
-- One row per log record, whatever it holds. Metadata and hashes only, never a text: the content is in the log.

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of %.% refused: audit records are never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'To correct the audit view, build a new generation from the log and keep this one as evidence.';
END
$$;
COMMENT ON FUNCTION refuse_change IS 'also for the owner; who disables the trigger is found out by the hash chain';

CREATE OR REPLACE FUNCTION make_records() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE TABLE IF NOT EXISTS records (
    log_partition  int         NOT NULL,
    log_offset     bigint      NOT NULL,
    append_time    timestamptz NOT NULL,
    log_time       timestamptz NOT NULL,
    outcome        text        NOT NULL CHECK (outcome IN ('applied', 'duplicate', 'forgotten', 'refused')),
    reason         text,
    event_id       text,
    event_type     text,
    occurred_at    timestamptz,
    tenant         text,
    subject        text,
    agent          text,
    session        text,
    correlation_id text,
    causation_id   text,
    entity_ids     text[]      NOT NULL,
    key_hash       bytea,
    record_hash    bytea       NOT NULL,
    prev_hash      bytea       NOT NULL,
    chain_hash     bytea       NOT NULL,
    content_hash   bytea       NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
  );
  CREATE INDEX IF NOT EXISTS records_of_subject ON records (tenant, subject, log_time, log_offset);
  COMMENT ON TABLE records IS 'one row per log record; UPDATE, DELETE and TRUNCATE are refused. Text that PostgreSQL cannot hold is replaced: U+0000 by U+FFFD, and what is longer than 400 characters is cut; the hashes are over the bytes of the log';
  COMMENT ON COLUMN records.append_time IS 'when the broker appended the record';
  COMMENT ON COLUMN records.log_time IS 'running maximum of append_time in this partition';
  COMMENT ON COLUMN records.outcome IS 'what the other views did with it: applied; ignored as duplicate (published before within the idempotency window) or forgotten (of a memory forgotten before); refused and dead-lettered';
  COMMENT ON COLUMN records.reason IS 'why it was refused; null otherwise';
  COMMENT ON COLUMN records.event_type IS 'the payload record, for example MemoryRecorded; null where the record holds no event';
  COMMENT ON COLUMN records.occurred_at IS 'the agent''s clock; null also where PostgreSQL has no such time';
  COMMENT ON COLUMN records.tenant IS 'as the event says, or its key where there is no event';
  COMMENT ON COLUMN records.entity_ids IS 'the memory, message, tool call or pattern that the event is about; every memory that MemoryRecalled showed';
  COMMENT ON COLUMN records.key_hash IS 'SHA-256 of the record key; null where the record has none';
  COMMENT ON COLUMN records.record_hash IS 'SHA-256 of the record: partition (4 bytes), offset (8), append time in ms (8), key length (4, -1 for null), key, value length (4, -1 for null), value; big-endian';
  COMMENT ON COLUMN records.prev_hash IS 'chain_hash of the row before in this partition; of the first, SHA-256 of the topic id as text and the partition (4 bytes, big-endian)';
  COMMENT ON COLUMN records.chain_hash IS 'SHA-256 of prev_hash and the record, in the form of record_hash';
  COMMENT ON COLUMN records.content_hash IS 'SHA-256 of the columns from append_time to record_hash, each as text in UTF-8 with its length in 4 bytes before it, -1 for null; times in ms, hashes in hexadecimal, entity_ids as their number and then each';

  CREATE OR REPLACE TRIGGER records_are_never_changed
  BEFORE UPDATE OR DELETE OR TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
END
$$;
COMMENT ON FUNCTION make_records IS 'makes what is lacking of the table records; also each new generation of it';
SELECT make_records();

CREATE OR REPLACE FUNCTION new_generation(bad_partitions int[], bad_offsets bigint[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '5s' AS $$
DECLARE
  suffix  text := to_char(clock_timestamp() AT TIME ZONE 'UTC', '"_until_"YYYYMMDD_HH24MISS_MS');
  old     text := 'records' || suffix;
  grants  aclitem[];
  command text;
BEGIN
  -- the strongest lock at once: to ask for more later, while another session that reads is about to append, is a deadlock
  LOCK TABLE records IN ACCESS EXCLUSIVE MODE;
  grants := (SELECT relacl FROM pg_class WHERE oid = 'records'::regclass);
  FOR command IN
    SELECT format('ALTER TABLE records RENAME CONSTRAINT %I TO %I', conname, left(conname, 36) || suffix)
    FROM pg_constraint WHERE conrelid = 'records'::regclass
    UNION ALL
    SELECT format('ALTER INDEX %I RENAME TO %I', relname, left(relname, 36) || suffix)
    FROM pg_index JOIN pg_class i ON i.oid = indexrelid
    WHERE indrelid = 'records'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid)
  LOOP
    EXECUTE command;
  END LOOP;
  EXECUTE format('ALTER TABLE records RENAME TO %I', old);
  EXECUTE format('COMMENT ON TABLE %I IS %L', old,
    'evidence: the table records as it was until then, when some of its rows were not as the log has them');
  EXECUTE format('CREATE OR REPLACE TRIGGER records_are_never_added BEFORE INSERT ON %I EXECUTE FUNCTION refuse_change()', old);

  PERFORM make_records();
  EXECUTE (
    SELECT format(
      'INSERT INTO records (%1$s) SELECT %1$s FROM %2$I WHERE (log_partition, log_offset) NOT IN (SELECT * FROM unnest($1, $2))',
      string_agg(quote_ident(attname), ', '), old)
    FROM pg_attribute WHERE attrelid = 'records'::regclass AND attnum > 0 AND NOT attisdropped)
    USING bad_partitions, bad_offsets;
  FOR command IN
    SELECT format('GRANT %s ON records TO %s %s', privilege_type,
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
      CASE WHEN is_grantable THEN 'WITH GRANT OPTION' END)
    FROM aclexplode(grants)
  LOOP
    EXECUTE command;
  END LOOP;
  RETURN old;
END
$$;
COMMENT ON FUNCTION new_generation IS 'puts a new table records in the place of the old one, with all its rows but the bad ones, and the same grants; answers the name of the old one, which is kept as evidence and takes no more rows. For the projector''s repair, which then inserts the right rows. Runs with its owner''s rights, so that a role which only appends can repair; whoever misuses it destroys nothing, for the old table is kept';
REVOKE ALL ON FUNCTION new_generation FROM PUBLIC;

-- it runs with its owner's rights, so it must not find a caller's temporary table under the name records
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION new_generation SET search_path = %I, pg_temp', current_schema());
END
$$;
