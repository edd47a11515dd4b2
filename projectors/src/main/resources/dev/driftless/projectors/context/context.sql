-- Layout 1. Whoever changes this file, or positions.sql, raises the number.
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

CREATE TABLE IF NOT EXISTS documents (
  tenant        text   NOT NULL,
  subject       text   NOT NULL,
  document      jsonb  NOT NULL,
  expires_at    timestamptz,
  log_partition int    NOT NULL,
  log_offset    bigint NOT NULL,
  content_hash  bytea  NOT NULL,
  PRIMARY KEY (tenant, subject)
);
COMMENT ON TABLE documents IS 'one ready document per subject: {tenant, subject, patterns, recentMemories, openToolCalls}';
COMMENT ON COLUMN documents.document IS 'patterns by confidence, the 20 memories that were recorded or revised last, newest first, and open tool calls, oldest first';
COMMENT ON COLUMN documents.expires_at IS 'from then on recentMemories holds one that has expired; context_document leaves it out';
COMMENT ON COLUMN documents.content_hash IS 'SHA-256 over the hashes of patterns, recentMemories and openToolCalls; the hash of a list is over id, content_hash and log_offset (as text) of each entry; every value has its length in 4 bytes before it';

CREATE OR REPLACE FUNCTION framed(bytes bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN int4send(octet_length(bytes)) || bytes;
COMMENT ON FUNCTION framed IS 'the bytes as a content_hash takes them: their length in 4 bytes, big-endian, before them';

CREATE OR REPLACE FUNCTION framed_text(characters text) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN framed(convert_to(characters, 'UTF8'));
COMMENT ON FUNCTION framed_text IS 'the text in UTF-8, framed';

CREATE OR REPLACE FUNCTION iso(instant timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION iso IS 'ISO-8601 in UTC, milliseconds always';

CREATE OR REPLACE FUNCTION assembled_document(of_tenant text, of_subject text, live_at timestamptz)
RETURNS TABLE (document jsonb, expires_at timestamptz, content_hash bytea) LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT
    jsonb_build_object('tenant', of_tenant, 'subject', of_subject,
      'patterns', p.entries, 'recentMemories', m.entries, 'openToolCalls', c.entries),
    m.expires_at,
    sha256(framed(sha256(p.hashes)) || framed(sha256(m.hashes)) || framed(sha256(c.hashes)))
  FROM (
    SELECT
      coalesce(jsonb_agg(jsonb_build_object('patternId', o.pattern_id, 'statement', o.statement,
        'confidence', o.confidence, 'evidence', o.evidence, 'reinforcements', o.reinforcements,
        'learnedAt', iso(o.learned_at), 'reinforcedAt', iso(o.reinforced_at))), '[]') AS entries,
      coalesce(string_agg(
        framed_text(o.pattern_id) || framed(o.content_hash) || framed_text(o.log_offset::text), ''), '') AS hashes
    FROM (
      SELECT * FROM patterns t WHERE t.tenant = of_tenant AND t.subject = of_subject
      ORDER BY t.confidence DESC, t.pattern_id COLLATE "C"
    ) o
  ) p, (
    SELECT
      coalesce(jsonb_agg(jsonb_build_object('memoryId', o.memory_id, 'kind', o.kind, 'text', o.text,
        'attributes', o.attributes, 'rememberedAt', iso(o.remembered_at), 'expiresAt', iso(o.expires_at))), '[]')
        AS entries,
      coalesce(string_agg(
        framed_text(o.memory_id) || framed(o.content_hash) || framed_text(o.log_offset::text), ''), '') AS hashes,
      min(o.expires_at) AS expires_at
    FROM (
      SELECT * FROM memories t WHERE t.tenant = of_tenant AND t.subject = of_subject AND t.log_offset >= 0
        AND (live_at IS NULL OR t.expires_at IS NULL OR t.expires_at > live_at)
      ORDER BY t.log_offset DESC LIMIT 20
    ) o
  ) m, (
    SELECT
      coalesce(jsonb_agg(jsonb_build_object('session', nullif(o.session, ''), 'toolCallId', o.tool_call_id,
        'tool', o.tool, 'arguments', o.arguments, 'agent', o.agent, 'intendedAt', iso(o.intended_at))), '[]')
        AS entries,
      coalesce(string_agg(
        framed_text(o.tool_call_id) || framed(o.content_hash) || framed_text(o.log_offset::text), ''), '') AS hashes
    FROM (
      SELECT * FROM open_tool_calls t WHERE t.tenant = of_tenant AND t.subject = of_subject ORDER BY t.log_offset
    ) o
  ) c;
END;
COMMENT ON FUNCTION assembled_document IS 'the document as the other tables say, without memories that expired by live_at; with null, as it is stored';

CREATE OR REPLACE FUNCTION context_document(of_tenant text, of_subject text) RETURNS jsonb LANGUAGE sql STABLE
RETURN (
  SELECT CASE
    WHEN d.expires_at IS NULL OR d.expires_at > now() THEN d.document
    ELSE (SELECT a.document FROM assembled_document(of_tenant, of_subject, now()) a)
  END
  FROM documents d WHERE d.tenant = of_tenant AND d.subject = of_subject
);
COMMENT ON FUNCTION context_document IS 'what a new session loads: the ready document, assembled anew only if a memory in it has expired, so that 20 live ones are shown where there are as many; null for a subject without events';
