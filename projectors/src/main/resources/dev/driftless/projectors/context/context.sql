-- Layout 2. Whoever changes this file, or positions.sql, raises the number.
-- What a new session loads. Times are log time: the broker's append time, never a clock of ours or of the agent's.
-- Every row carries where in the log its state comes from (log_partition, log_offset) and a hash of its content.

CREATE TABLE IF NOT EXISTS patterns (
  tenant         text             NOT NULL,
  subject        text             NOT NULL,
  pattern_id     text             NOT NULL,
  statement      text             NOT NULL,
  confidence     double precision NOT NULL,
  evidence       text[]           NOT NULL,
  reinforcements int              NOT NULL,
  learned_at     timestamptz      NOT NULL,
  reinforced_at  timestamptz      NOT NULL,
  log_partition  int              NOT NULL,
  log_offset     bigint           NOT NULL,
  content_hash   bytea            NOT NULL,
  PRIMARY KEY (tenant, subject, pattern_id)
);
COMMENT ON TABLE patterns IS 'what was learned about a subject and not retired';
COMMENT ON COLUMN patterns.evidence IS 'ids of the memories that speak for it';
COMMENT ON COLUMN patterns.reinforcements IS 'how often it was learned since it was last retired, at least 1';
COMMENT ON COLUMN patterns.learned_at IS 'when it was first learned since it was last retired';
COMMENT ON COLUMN patterns.reinforced_at IS 'when it was last learned';

CREATE TABLE IF NOT EXISTS memories (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  memory_id     text        NOT NULL,
  kind          text        NOT NULL,
  text          text        NOT NULL,
  attributes    jsonb       NOT NULL,
  remembered_at timestamptz NOT NULL,
  expires_at    timestamptz,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, memory_id)
);
-- for documents alone: with a predicate that only they ask for, no lookup by key is planned through it, which would read
-- every memory of the subject
DROP INDEX IF EXISTS memories_newest;
CREATE INDEX IF NOT EXISTS memories_of_documents ON memories (tenant, subject, log_offset) WHERE log_offset >= 0;
COMMENT ON TABLE memories IS 'what the documents are made of: the last state of each memory that is not forgotten; rows with expires_at in the past are no longer shown by context_document';
COMMENT ON COLUMN memories.remembered_at IS 'when it was recorded or last revised';

CREATE TABLE IF NOT EXISTS open_tool_calls (
  tenant        text        NOT NULL,
  subject       text        NOT NULL,
  session       text        NOT NULL,
  tool_call_id  text        NOT NULL,
  tool          text        NOT NULL,
  arguments     text        NOT NULL,
  agent         text        NOT NULL,
  intended_at   timestamptz NOT NULL,
  log_partition int         NOT NULL,
  log_offset    bigint      NOT NULL,
  content_hash  bytea       NOT NULL,
  PRIMARY KEY (tenant, subject, session, tool_call_id)
);
COMMENT ON TABLE open_tool_calls IS 'tool calls that may have happened: intended, and no outcome yet';
COMMENT ON COLUMN open_tool_calls.session IS 'empty where the event names none';
COMMENT ON COLUMN open_tool_calls.arguments IS 'JSON text as the model wrote it';

CREATE OR REPLACE FUNCTION iso(instant timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION iso IS 'ISO-8601 in UTC, milliseconds always';

CREATE OR REPLACE FUNCTION context_document(of_tenant text, of_subject text) RETURNS jsonb LANGUAGE sql STABLE
RETURN (
  SELECT
    CASE WHEN coalesce(p.entries, m.entries, c.entries) IS NOT NULL THEN
      jsonb_build_object('tenant', of_tenant, 'subject', of_subject, 'patterns', coalesce(p.entries, '[]'),
        'recentMemories', coalesce(m.entries, '[]'), 'openToolCalls', coalesce(c.entries, '[]'))
    END
  FROM (
    SELECT
      jsonb_agg(jsonb_build_object('patternId', o.pattern_id, 'statement', o.statement,
        'confidence', o.confidence, 'evidence', o.evidence, 'reinforcements', o.reinforcements,
        'learnedAt', iso(o.learned_at), 'reinforcedAt', iso(o.reinforced_at))) AS entries
    FROM (
      SELECT * FROM patterns t WHERE t.tenant = of_tenant AND t.subject = of_subject
      ORDER BY t.confidence DESC, t.pattern_id COLLATE "C"
    ) o
  ) p, (
    SELECT
      jsonb_agg(jsonb_build_object('memoryId', o.memory_id, 'kind', o.kind, 'text', o.text,
        'attributes', o.attributes, 'rememberedAt', iso(o.remembered_at), 'expiresAt', iso(o.expires_at))) AS entries
    FROM (
      SELECT * FROM memories t WHERE t.tenant = of_tenant AND t.subject = of_subject AND t.log_offset >= 0
        AND (t.expires_at IS NULL OR t.expires_at > now())
      ORDER BY t.log_offset DESC LIMIT 20
    ) o
  ) m, (
    SELECT
      jsonb_agg(jsonb_build_object('session', nullif(o.session, ''), 'toolCallId', o.tool_call_id,
        'tool', o.tool, 'arguments', o.arguments, 'agent', o.agent, 'intendedAt', iso(o.intended_at))) AS entries
    FROM (
      SELECT * FROM open_tool_calls t WHERE t.tenant = of_tenant AND t.subject = of_subject ORDER BY t.log_offset
    ) o
  ) c
);
COMMENT ON FUNCTION context_document IS 'what a new session loads: {tenant, subject, patterns, recentMemories, openToolCalls}; patterns by confidence, the 20 memories that were recorded or revised last and have not expired, newest first, and open tool calls, oldest first; null if there is nothing of these';

-- Layout 1 kept the document of each subject beside what it is made of. A table of that name may also be the user's.
DO $$ BEGIN
  IF obj_description(to_regclass('documents'), 'pg_class') LIKE 'one ready document per subject%' THEN
    DROP TABLE documents;
    DROP FUNCTION assembled_document(text, text, timestamptz), framed_text(text), framed(bytea);
  END IF;
END $$;
