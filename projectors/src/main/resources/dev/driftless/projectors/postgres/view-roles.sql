-- Rights for programs that must not own a view, and which tenants readers see. For the relational and the context view; the
-- audit view has audit-roles.sql. PostgreSQL 15 or later.
--
-- Run once, by a superuser, after the view's projector has made the schema, with that schema on the search path; and again
-- after each upgrade, since what a new release adds is closed to all roles until then. Readers and the projector wait for it, for some
-- milliseconds once it has its locks; where it does not get one in time (10 s for the positions, 0.9 s for a table), or a reader and it
-- wait for each other, it changes nothing, and the reader goes on: run it again.
-- Whoever was granted a table directly, without one of these roles, sees no rows of it any more, and is named in a warning.
--
--   PGOPTIONS='-c search_path=driftless' psql -d driftless -f view-roles.sql
--   PGOPTIONS='-c search_path=driftless_context' psql -d driftless -f view-roles.sql
--
-- Makes three roles without login, named after the schema:
--   driftless_writer      what the projector needs once the tables are there: reads and writes rows of all tenants
--   driftless_reader      reads rows of the tenants that it is granted, and nothing else
--   driftless_reconciler  reads rows of all tenants
-- and, once for both views, a schema that none of them and no projector can write to:
--   driftless_access.reader_tenants   which role, a login or a group, reads which tenant
--
--   GRANT driftless_reader, driftless_context_reader TO acme_app;
--   INSERT INTO driftless_access.reader_tenants VALUES ('acme_app', 'acme');
--   DELETE FROM driftless_access.reader_tenants WHERE role_name = 'acme_app'; -- holds from the next statement on
--
-- Delete a role's rows before the role: another one of that name would have its tenants.
--
-- Owners see all rows, but not for others: a view that runs with its owner's rights, as those of older releases do, shows who asks
-- what the tables would. Not so if the owner is a superuser or has BYPASSRLS, and for a function that is SECURITY DEFINER. A view
-- of your own in this schema is given to readers only WITH (security_invoker = true). A rebuild carries roles and policies over to
-- the new generation.

DO $$
DECLARE
  here       text := pg_catalog.current_schema();
  access     text;
  writer     text;
  reader     text;
  reconciler text;
  made       text;
  given      record;
  blind      text;
BEGIN
  -- nothing that the schema's owner may have put into it is called with the rights of who runs this
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  SET LOCAL client_min_messages = warning; -- what is not there yet need not be told
  access := regexp_replace(here, '_context$', '') || '_access';
  writer := here || '_writer';
  reader := here || '_reader';
  reconciler := here || '_reconciler';

  IF to_regclass(format('%I.view_positions', here)) IS NULL OR to_regclass(format('%I.records', here)) IS NOT NULL THEN
    RAISE EXCEPTION 'schema "%" is not that of a relational or context view: put one on the search path, after its projector ran once', here;
  END IF;
  FOREACH made IN ARRAY ARRAY[writer, reader, reconciler] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = made) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', made);
    END IF;
  END LOOP;

  IF EXISTS (SELECT FROM pg_namespace n JOIN pg_roles o ON o.oid = n.nspowner
             WHERE nspname = access AND NOT rolsuper AND rolname <> current_user) THEN
    RAISE EXCEPTION 'schema "%" belongs to somebody else, who could say which tenants readers see: drop it, or run this as its owner', access;
  END IF;
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', access);
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I.reader_tenants (role_name text, tenant text, PRIMARY KEY (role_name, tenant))', access);
  -- runs with its owner's rights, so readers need none to the table; current_user is still theirs
  IF to_regclass(format('%I.own_tenants', access)) IS NULL THEN -- replaced, it would keep all readers waiting
    -- the roles first, and in the collation of the index: every query of a reader asks this
    EXECUTE format(
      'CREATE VIEW %1$I.own_tenants WITH (security_barrier = true) AS
       SELECT t.tenant FROM %1$I.reader_tenants t WHERE t.role_name = ANY (ARRAY(
         SELECT r.rolname::text COLLATE "default" FROM pg_roles r WHERE pg_has_role(current_user, r.oid, ''USAGE'')))', access);
  END IF;
  EXECUTE format('COMMENT ON TABLE %I.reader_tenants IS ''which role, a login or a group, reads which tenant''', access);
  EXECUTE format('COMMENT ON VIEW %I.own_tenants IS ''the tenants that who asks reads, by its own name or as a member''', access);
  -- a rebuild by the schema's owner has to find the policies' own_tenants by its name
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I', access, reader,
    (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = here));
  EXECUTE format('GRANT SELECT ON %I.own_tenants TO %I', access, reader);

  -- the positions first, as writers do, so that nobody locks the other out
  SET LOCAL lock_timeout = '10s';
  EXECUTE format('LOCK TABLE %I.view_positions IN ACCESS EXCLUSIVE MODE', here);
  -- readers take tables in any order; of two that wait for each other, who looks first is ended, and a reader looks after a second
  BEGIN
    SET LOCAL deadlock_timeout = '10ms';
  EXCEPTION WHEN insufficient_privilege THEN NULL; -- a superuser's; without it a reader may be ended
  END;
  SET LOCAL lock_timeout = '900ms';
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', here);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, %I, %I, %I', here, writer, reader, reconciler);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I, %I', here, writer, reader, reconciler);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I.view_positions TO %I', here, writer);
  EXECUTE format('GRANT SELECT ON %I.view_positions TO %I, %I', here, reader, reconciler);
  FOR given IN
    SELECT format('%I.%I', here, relname) AS name, relkind = 'r' AS is_table, pg_get_userbyid(relowner) AS owner
    FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attname = 'tenant' AND NOT attisdropped
    WHERE relnamespace = to_regnamespace(here) AND (relkind = 'r'
      OR relkind = 'v' AND coalesce((SELECT option_value::boolean FROM pg_options_to_table(reloptions)
        WHERE option_name = 'security_invoker'), false))
    ORDER BY relname
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO %I, %I, %I', given.name, writer, reader, reconciler);
    CONTINUE WHEN NOT given.is_table;
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO %I', given.name, writer);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', access, given.owner);
    EXECUTE format('GRANT SELECT ON %I.own_tenants TO %I', access, given.owner);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', given.name);
    EXECUTE format('DROP POLICY IF EXISTS reads_its_tenants ON %s', given.name);
    EXECUTE format('DROP POLICY IF EXISTS reads_all_tenants ON %s', given.name);
    EXECUTE format('DROP POLICY IF EXISTS writes_all_tenants ON %s', given.name);
    EXECUTE format('DROP POLICY IF EXISTS owns_all_tenants ON %s', given.name);
    EXECUTE format('DROP POLICY IF EXISTS owns_for_itself ON %s', given.name);
    -- an array is made once for each table of a query, and an index can look for it
    EXECUTE format('CREATE POLICY reads_its_tenants ON %s FOR SELECT TO %I
      USING (tenant = ANY (ARRAY(SELECT o.tenant FROM %I.own_tenants o)))', given.name, reader, access);
    EXECUTE format('CREATE POLICY reads_all_tenants ON %s FOR SELECT TO %I USING (true)', given.name, reconciler);
    EXECUTE format('CREATE POLICY writes_all_tenants ON %s TO %I USING (true) WITH CHECK (true)', given.name, writer);
    EXECUTE format('CREATE POLICY owns_all_tenants ON %s TO %I USING (true) WITH CHECK (true)', given.name, given.owner);
    -- in a view with its owner's rights, current_user is still who asks
    EXECUTE format('CREATE POLICY owns_for_itself ON %1$s AS RESTRICTIVE TO %2$I
      USING ((SELECT pg_has_role(current_user, %2$L, ''USAGE'') OR pg_has_role(current_user, %3$L, ''USAGE'')
          OR pg_has_role(current_user, %4$L, ''USAGE''))
        OR tenant = ANY (ARRAY(SELECT o.tenant FROM %5$I.own_tenants o)))', given.name, given.owner, writer, reconciler, access);
  END LOOP;

  SELECT string_agg(who, '; ' ORDER BY who) INTO blind FROM (
    SELECT format('%I (%s)', rolname, string_agg(DISTINCT relname, ', ')) AS who
    FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid, LATERAL (
      SELECT grantee FROM aclexplode(relacl) UNION SELECT grantee FROM aclexplode(attacl)
    ) direct JOIN pg_roles g ON g.oid = grantee
    WHERE relnamespace = to_regnamespace(here) AND relkind = 'r' AND relrowsecurity AND NOT rolbypassrls AND NOT EXISTS (
      SELECT FROM pg_policy, unnest(polroles) role
      WHERE polrelid = c.oid AND polpermissive AND (role = 0 OR pg_has_role(grantee, role, 'USAGE')))
    GROUP BY rolname
  ) granted;
  IF blind IS NOT NULL THEN
    RAISE WARNING 'granted directly, and sees no rows for want of a policy: %', blind
      USING HINT = format('Grant %I, %I or %I.', writer, reader, reconciler);
  END IF;
END
$$;
