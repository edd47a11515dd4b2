-- The commands that give each table of one schema the row-level security that the table of the same name has in another;
-- none for a table of which it is the same. Policies are written as they read there, so what they look at has to be outside
-- of both. :old and :new are names of schemas.
WITH secured AS (
  SELECT oid, relnamespace, relname, relrowsecurity, relforcerowsecurity, array(
    SELECT row(polname, polcmd, polpermissive, polroles, pg_get_expr(polqual, polrelid),
      pg_get_expr(polwithcheck, polrelid))::text
    FROM pg_policy WHERE polrelid = c.oid ORDER BY polname) AS policies
  FROM pg_class c WHERE relkind = 'r'
), pair AS (
  SELECT o.oid AS old, n.oid AS new, format('%I.%I', CAST(:new AS text), relname) AS name,
    o.relrowsecurity AS enabled, o.relforcerowsecurity AS forced
  FROM secured o JOIN secured n USING (relname)
  WHERE o.relnamespace = to_regnamespace(:old) AND n.relnamespace = to_regnamespace(:new)
    AND (o.relrowsecurity, o.relforcerowsecurity, o.policies)
      IS DISTINCT FROM (n.relrowsecurity, n.relforcerowsecurity, n.policies)
), command AS (
  SELECT 1 AS step, name, format('DROP POLICY %I ON %s', polname, name) AS text
  FROM pair JOIN pg_policy ON polrelid = new
  UNION ALL
  SELECT 2, name, concat(
    format('CREATE POLICY %I ON %s AS %s FOR %s TO ', polname, name,
      CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END),
    (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, ', ') FROM unnest(polroles) role),
    ' USING (' || pg_get_expr(polqual, old) || ')',
    ' WITH CHECK (' || pg_get_expr(polwithcheck, old) || ')')
  FROM pair JOIN pg_policy ON polrelid = old
  UNION ALL
  SELECT 3, name, format('ALTER TABLE %s %s ROW LEVEL SECURITY, %s ROW LEVEL SECURITY', name,
    CASE WHEN enabled THEN 'ENABLE' ELSE 'DISABLE' END, CASE WHEN forced THEN 'FORCE' ELSE 'NO FORCE' END)
  FROM pair
)
SELECT name, text FROM command ORDER BY name, step, text
