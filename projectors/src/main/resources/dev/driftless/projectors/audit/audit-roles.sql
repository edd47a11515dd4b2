-- Rights for programs that must not own the audit view. Run once, by the owner or a superuser, after the audit projector
-- has made the schema, with that schema on the search path; safe to run again:
--
--   PGOPTIONS='-c search_path=driftless_audit' psql -d driftless -f audit-roles.sql
--
-- Makes two roles without login, named after the schema:
--   driftless_audit_writer   what the projector needs: reads, appends records, moves positions, repairs
--   driftless_audit_reader   reads, also the old generations kept as evidence
-- To repair is to call new_generation(), which runs with the rights of the view's owner: with a stolen writer's password
-- one could put aside the table and begin another without some of its rows. Nothing is lost by that, the old table stays
-- as it was and nobody can write to it; the reconciler and the verifier report the rows that are gone from the new one.
-- Give them to the logins of programs and people: GRANT driftless_audit_writer TO audit_projector;

DO $$
DECLARE
  here   text := pg_catalog.current_schema();
  writer text;
  reader text;
  made   text;
BEGIN
  -- nothing that the schema's owner may have put into it is called with the rights of who runs this
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  writer := here || '_writer';
  reader := here || '_reader';

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
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I, %I', here, writer, reader);
  EXECUTE format('GRANT INSERT ON %1$I.records, %1$I.view_positions TO %2$I', here, writer);
  EXECUTE format('GRANT UPDATE ON %I.view_positions TO %I', here, writer);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %I.new_generation TO %I', here, writer);
END
$$;
