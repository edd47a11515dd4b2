-- How far the view is, in every schema of a view. Who waits holds a lock on view_positions for so long, as every reader does:
-- a switch of generations is refused meanwhile, so wait for seconds and not for minutes.

CREATE TABLE IF NOT EXISTS view_positions (
  partition int PRIMARY KEY,
  epoch     bigint NOT NULL,
  topic_id  text,
  position  bigint NOT NULL DEFAULT 0,
  log_time  timestamptz
);
COMMENT ON TABLE view_positions IS 'position: the next offset of the log partition that this view has not applied';

CREATE OR REPLACE FUNCTION await(of_partition int, of_offset bigint, patience interval, of_topic_id text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  until timestamptz := clock_timestamp() + patience;
  pause interval := '2 ms';
  here record;
BEGIN
  IF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
    RAISE EXCEPTION 'await would see nothing that is committed after its transaction began'
      USING ERRCODE = 'active_sql_transaction', HINT = 'Call it at isolation level read committed.';
  END IF;
  IF of_partition IS NULL OR of_offset IS NULL OR patience IS NULL THEN
    RAISE EXCEPTION 'await(partition, offset, patience): none of them may be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  LOOP
    SELECT p.position, p.topic_id INTO here FROM view_positions p WHERE p.partition = of_partition;
    IF here.topic_id <> of_topic_id THEN
      RAISE EXCEPTION 'the receipt is of another log, with topic id %', of_topic_id
        USING ERRCODE = 'invalid_parameter_value', HINT = format('This view is of the log with topic id %s.', here.topic_id);
    END IF;
    EXIT WHEN here.position > of_offset;
    IF clock_timestamp() >= until THEN
      RAISE EXCEPTION 'not visible within %: the view in schema % is % events behind in partition %',
        patience, current_schema(), of_offset + 1 - coalesce(here.position, 0), of_partition
        USING ERRCODE = 'DR001';
    END IF;
    PERFORM pg_sleep_for(least(pause, until - clock_timestamp()));
    pause := least(pause * 2, interval '50 ms');
  END LOOP;
END
$$;
COMMENT ON FUNCTION await(int, bigint, interval, text) IS 'returns when this view is past that offset of the log, for the next statement to read; SQLSTATE DR001 if that takes longer than patience; needs SELECT on view_positions';

CREATE OR REPLACE FUNCTION await(receipt text, patience interval) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  parts text[] := regexp_match(receipt, '^([A-Za-z0-9_-]{22})\.([0-9]{1,9})\.([0-9]{1,18})$');
BEGIN
  IF parts IS NULL THEN -- of null too
    RAISE EXCEPTION '''%'' is not a receipt: expected topic id, partition and offset with dots between', receipt
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM await(parts[2]::int, parts[3]::bigint, patience, parts[1]);
END
$$;
COMMENT ON FUNCTION await(text, interval) IS 'returns when this view is past the event with that receipt, for the next statement to read; what the view set aside it passes too';

-- they are called from elsewhere, and look for what is in this schema
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION await(int, bigint, interval, text) SET search_path = %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION await(text, interval) SET search_path = %I, pg_temp', current_schema());
END
$$;

