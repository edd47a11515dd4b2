-- Every row carries where in the log its state comes from (log_partition, log_offset) and a hash of its content.
-- Times are log time: the broker's append time, never a clock of ours or of the agent's.

CREATE TABLE IF NOT EXISTS memories (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  memory_id     text        NOT NULL,
  kind          text        NOT NULL,
  text          text        NOT NULL,
  attributes    jsonb       NOT NULL,
  agent         text        NOT NULL,
  session       text,
  recorded_at   timestamptz NOT NULL,
  revised_at    timestamptz NOT NULL,
  expires_at    timestamptz,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, memory_id)
);
COMMENT ON TABLE memories IS 'what is remembered now; rows with expires_at in the past are no longer shown by live_memories';

CREATE OR REPLACE VIEW live_memories AS
  SELECT * FROM memories WHERE expires_at IS NULL OR expires_at > now();
COMMENT ON VIEW live_memories IS 'memories that have not expired';

CREATE TABLE IF NOT EXISTS memory_versions (
  tenant          text        NOT NULL,
  subject         text        NOT NULL,
  memory_id       text        NOT NULL,
  kind            text        NOT NULL,
  text            text        NOT NULL,
  attributes      jsonb       NOT NULL,
  agent           text        NOT NULL,
  session         text,
  expires_at      timestamptz,
  valid_from      timestamptz NOT NULL,
  valid_to        timestamptz,
  valid_to_offset bigint,
  log_partition   int         NOT NULL,
  log_offset      bigint      NOT NULL,
  content_hash    bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, memory_id, log_offset)
);
COMMENT ON TABLE memory_versions IS 'every state a memory ever had: valid from log_offset / valid_from until before valid_to_offset / valid_to';

CREATE OR REPLACE FUNCTION memories_as_of(of_tenant text, of_subject text, at timestamptz)
RETURNS SETOF memory_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM memory_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject
    AND v.valid_from <= at AND (v.valid_to IS NULL OR v.valid_to > at)
    AND (v.expires_at IS NULL OR v.expires_at > at);
END;
COMMENT ON FUNCTION memories_as_of IS 'what was remembered of a subject at that log time';

CREATE TABLE IF NOT EXISTS sessions (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  session       text        NOT NULL,
  agent         text        NOT NULL,
  attributes    jsonb       NOT NULL,
  started_at    timestamptz,
  ended_at      timestamptz,
  end_reason    text,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, session)
);
COMMENT ON TABLE sessions IS 'one run or thread of an agent with a subject; ended_at is null while it is open';

CREATE TABLE IF NOT EXISTS messages (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  session       text        NOT NULL,
  message_id    text        NOT NULL,
  role          text        NOT NULL,
  content       text,
  tool_call_ids text[]      NOT NULL,
  tool_call_id  text,
  agent         text        NOT NULL,
  occurred_at   timestamptz NOT NULL,
  appended_at   timestamptz NOT NULL,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, session, message_id)
);
CREATE INDEX IF NOT EXISTS messages_in_order ON messages (tenant, subject, session, log_offset);
COMMENT ON TABLE messages IS 'messages of a session; their order is log_offset';

CREATE TABLE IF NOT EXISTS tool_calls (
  tenant         text        NOT NULL,
  subject        text        NOT NULL,
  session        text        NOT NULL,
  tool_call_id   text        NOT NULL,
  tool           text        NOT NULL,
  arguments      text        NOT NULL,
  status         text        NOT NULL CHECK (status IN ('INTENDED', 'COMPLETED', 'FAILED', 'COMPENSATED')),
  result         text,
  error          text,
  compensation   text,
  agent          text        NOT NULL,
  intended_at    timestamptz,
  settled_at     timestamptz,
  log_partition  int         NOT NULL,
  log_offset     bigint      NOT NULL,
  content_hash   bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, session, tool_call_id)
);
COMMENT ON TABLE tool_calls IS 'a write-ahead log of tools: INTENDED before the call, then its outcome; arguments are JSON text as the model wrote it';

CREATE TABLE IF NOT EXISTS checkpoints (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  session       text        NOT NULL,
  step          text        NOT NULL,
  state         text        NOT NULL,
  agent         text        NOT NULL,
  saved_at      timestamptz NOT NULL,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, session, step)
);
COMMENT ON TABLE checkpoints IS 'from where a session can go on; the latest has the highest log_offset';
