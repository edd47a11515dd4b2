-- Rights for programs that must not own the audit view. Run once, by the owner or a superuser, after the audit projector
-- has made the schema, with that schema on the search path; safe to run again:
--
--   PGOPTIONS='-c search_path=driftless_audit' psql -d driftless -f audit-roles.sql
--
-- Makes two roles without login, named after the schema:
--   driftless_audit_writer   what the projector needs: reads, appends records, moves positions
--   driftless_audit_reader   reads
-- Give them to the logins of programs and people: GRANT driftless_audit_writer TO audit_projector;

DO $$
DECLARE
  here   text := current_schema();
  writer text := here || '_writer';
  reader text := here || '_reader';
  made   text;
BEGIN
  IF to_regclass(format('%I.records', here)) IS NULL THEN
    RAISE EXCEPTION 'no table "records" in schema "%": put the audit schema on the search path, after its projector ran once', here;
  END IF;
  FOREACH made IN ARRAY ARRAY[writer, reader] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = made) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', made);
    END IF;
  END LOOP;
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', here);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, %I, %I', here, writer, reader);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', here, writer, reader);
  EXECUTE format('GRANT SELECT ON %1$I.records, %1$I.view_positions TO %2$I, %3$I', here, writer, reader);
  EXECUTE format('GRANT INSERT ON %1$I.records, %1$I.view_positions TO %2$I', here, writer);
  EXECUTE format('GRANT UPDATE ON %I.view_positions TO %I', here, writer);
END
$$;
