-- One row per log record, whatever it holds. Metadata and hashes only, never a text: the content is in the log.

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

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of %.% refused: audit records are never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'To correct the audit view, build a new generation from the log and keep this one as evidence.';
END
$$;
COMMENT ON FUNCTION refuse_change IS 'also for the owner; who disables the trigger is found out by the hash chain';

CREATE OR REPLACE TRIGGER records_are_never_changed
BEFORE UPDATE OR DELETE OR TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
