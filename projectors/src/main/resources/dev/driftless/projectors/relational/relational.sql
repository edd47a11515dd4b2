-- Layout 1. Whoever changes this file, or positions.sql, raises the number.
-- Every row carries where in the log its state comes from (log_partition, log_offset) and a hash of its content.
-- Times are log time: the broker's append time, never a clock of ours or of the agent's.
-- Views run with the rights of who reads them, so that row-level security holds in them too; that needs PostgreSQL 15.

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

CREATE OR REPLACE VIEW live_memories WITH (security_invoker = true) AS
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
COMMENT ON FUNCTION memories_as_of(text, text, timestamptz) IS 'what was remembered of a subject at that log time';

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

-- What was so: what the tables of last states showed before. A subject's events share a partition, so an offset of another
-- one says nothing of it. What lies beyond the view's position (view_positions) is not known yet.

CREATE TABLE IF NOT EXISTS past_sessions (
  LIKE sessions,
  valid_to        timestamptz NOT NULL,
  valid_to_offset bigint      NOT NULL,
  PRIMARY KEY (tenant, subject, session, log_offset)
);
COMMENT ON TABLE past_sessions IS 'states of sessions that an end or a new start replaced; each was shown until before valid_to_offset / valid_to';

CREATE OR REPLACE VIEW session_versions WITH (security_invoker = true) AS
  SELECT v.*, coalesce(v.ended_at, v.started_at) AS valid_from
  FROM (
    SELECT t.*, NULL::timestamptz AS valid_to, NULL::bigint AS valid_to_offset FROM sessions t
    UNION ALL
    SELECT p.* FROM past_sessions p
  ) v;
COMMENT ON VIEW session_versions IS 'every state that a row of sessions ever had: valid from log_offset / valid_from until before valid_to_offset / valid_to';

CREATE OR REPLACE FUNCTION sessions_as_of(of_tenant text, of_subject text, at timestamptz)
RETURNS SETOF session_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM session_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject
    AND v.valid_from <= at AND (v.valid_to IS NULL OR v.valid_to > at);
END;
COMMENT ON FUNCTION sessions_as_of(text, text, timestamptz) IS 'the sessions of a subject at that log time';

CREATE OR REPLACE FUNCTION sessions_as_of(of_tenant text, of_subject text, of_partition int, of_offset bigint)
RETURNS SETOF session_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM session_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject AND v.log_partition = of_partition
    AND v.log_offset <= of_offset AND (v.valid_to_offset IS NULL OR v.valid_to_offset > of_offset);
END;
COMMENT ON FUNCTION sessions_as_of(text, text, int, bigint) IS 'the sessions of a subject just after that position of the log';

CREATE TABLE IF NOT EXISTS past_messages (
  LIKE messages,
  valid_to        timestamptz NOT NULL,
  valid_to_offset bigint      NOT NULL,
  PRIMARY KEY (tenant, subject, session, message_id, log_offset)
);
COMMENT ON TABLE past_messages IS 'messages that another of the same id replaced; each was shown until before valid_to_offset / valid_to';

CREATE OR REPLACE VIEW message_versions WITH (security_invoker = true) AS
  SELECT v.*, v.appended_at AS valid_from
  FROM (
    SELECT t.*, NULL::timestamptz AS valid_to, NULL::bigint AS valid_to_offset FROM messages t
    UNION ALL
    SELECT p.* FROM past_messages p
  ) v;
COMMENT ON VIEW message_versions IS 'every state that a row of messages ever had: valid from log_offset / valid_from until before valid_to_offset / valid_to';

CREATE OR REPLACE FUNCTION messages_as_of(of_tenant text, of_subject text, at timestamptz)
RETURNS SETOF message_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM message_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject
    AND v.valid_from <= at AND (v.valid_to IS NULL OR v.valid_to > at);
END;
COMMENT ON FUNCTION messages_as_of(text, text, timestamptz) IS 'the messages of a subject''s sessions at that log time';

CREATE OR REPLACE FUNCTION messages_as_of(of_tenant text, of_subject text, of_partition int, of_offset bigint)
RETURNS SETOF message_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM message_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject AND v.log_partition = of_partition
    AND v.log_offset <= of_offset AND (v.valid_to_offset IS NULL OR v.valid_to_offset > of_offset);
END;
COMMENT ON FUNCTION messages_as_of(text, text, int, bigint) IS 'the messages of a subject''s sessions just after that position of the log';

CREATE TABLE IF NOT EXISTS past_tool_calls (
  LIKE tool_calls,
  valid_to        timestamptz NOT NULL,
  valid_to_offset bigint      NOT NULL,
  PRIMARY KEY (tenant, subject, session, tool_call_id, log_offset)
);
COMMENT ON TABLE past_tool_calls IS 'states of tool calls that an outcome or a new intent replaced; each was shown until before valid_to_offset / valid_to';

CREATE OR REPLACE VIEW tool_call_versions WITH (security_invoker = true) AS
  SELECT v.*, coalesce(v.settled_at, v.intended_at) AS valid_from
  FROM (
    SELECT t.*, NULL::timestamptz AS valid_to, NULL::bigint AS valid_to_offset FROM tool_calls t
    UNION ALL
    SELECT p.* FROM past_tool_calls p
  ) v;
COMMENT ON VIEW tool_call_versions IS 'every state that a row of tool_calls ever had: valid from log_offset / valid_from until before valid_to_offset / valid_to';

CREATE OR REPLACE FUNCTION tool_calls_as_of(of_tenant text, of_subject text, at timestamptz)
RETURNS SETOF tool_call_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM tool_call_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject
    AND v.valid_from <= at AND (v.valid_to IS NULL OR v.valid_to > at);
END;
COMMENT ON FUNCTION tool_calls_as_of(text, text, timestamptz) IS 'the tool calls of a subject, each with what was known of it, at that log time';

CREATE OR REPLACE FUNCTION tool_calls_as_of(of_tenant text, of_subject text, of_partition int, of_offset bigint)
RETURNS SETOF tool_call_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM tool_call_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject AND v.log_partition = of_partition
    AND v.log_offset <= of_offset AND (v.valid_to_offset IS NULL OR v.valid_to_offset > of_offset);
END;
COMMENT ON FUNCTION tool_calls_as_of(text, text, int, bigint) IS 'the tool calls of a subject, each with what was known of it, just after that position of the log';

CREATE OR REPLACE FUNCTION log_time_of(of_tenant text, of_subject text, of_partition int, of_offset bigint)
RETURNS timestamptz LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT max(o.at) FROM (
    SELECT v.valid_from AS at, v.tenant, v.subject, v.log_partition, v.log_offset FROM memory_versions v
    UNION ALL
    SELECT v.valid_to, v.tenant, v.subject, v.log_partition, v.valid_to_offset FROM memory_versions v
    UNION ALL
    SELECT v.valid_from, v.tenant, v.subject, v.log_partition, v.log_offset FROM session_versions v
    UNION ALL
    SELECT v.valid_from, v.tenant, v.subject, v.log_partition, v.log_offset FROM message_versions v
    UNION ALL
    SELECT v.valid_from, v.tenant, v.subject, v.log_partition, v.log_offset FROM tool_call_versions v
  ) o
  WHERE o.tenant = of_tenant AND o.subject = of_subject AND o.log_partition = of_partition AND o.log_offset <= of_offset;
END;
COMMENT ON FUNCTION log_time_of IS 'when the last event of a subject''s memories, sessions, messages and tool calls was appended, up to that position of the log';

CREATE OR REPLACE FUNCTION memories_as_of(of_tenant text, of_subject text, of_partition int, of_offset bigint)
RETURNS SETOF memory_versions LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT * FROM memory_versions v
  WHERE v.tenant = of_tenant AND v.subject = of_subject AND v.log_partition = of_partition
    AND v.log_offset <= of_offset AND (v.valid_to_offset IS NULL OR v.valid_to_offset > of_offset)
    AND (v.expires_at IS NULL
      OR v.expires_at > (SELECT log_time_of(of_tenant, of_subject, of_partition, of_offset)));
END;
COMMENT ON FUNCTION memories_as_of(text, text, int, bigint) IS 'what was remembered of a subject just after that position of the log; what expired is told by log_time_of';
