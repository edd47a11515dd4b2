-- The commands that give everybody the rights on the objects of one schema that they have on the objects of the same name
-- in another, and no others; none for an object of which they are equal. :old and :new are names of schemas.
WITH object AS (
  SELECT 'SCHEMA' AS kind, format('%I', n.nspname) AS name, n.nspowner AS owner,
    coalesce(o.nspacl, acldefault('n', o.nspowner)) AS wanted, coalesce(n.nspacl, acldefault('n', n.nspowner)) AS given,
    '' AS of_columns
  FROM pg_namespace o, pg_namespace n
  WHERE o.oid = to_regnamespace(:old) AND n.oid = to_regnamespace(:new)
  UNION ALL
  SELECT 'TABLE', format('%I.%I', CAST(:new AS text), n.relname), n.relowner,
    coalesce(o.relacl, acldefault('r', o.relowner)), coalesce(n.relacl, acldefault('r', n.relowner)), ''
  FROM pg_class o JOIN pg_class n USING (relname)
  WHERE o.relnamespace = to_regnamespace(:old) AND n.relnamespace = to_regnamespace(:new) AND n.relkind IN ('r', 'v')
  UNION ALL
  SELECT 'TABLE', format('%I.%I', CAST(:new AS text), n.relname), n.relowner, b.attacl, a.attacl,
    format('(%I)', attname)
  FROM pg_class o JOIN pg_class n USING (relname)
  JOIN pg_attribute b ON b.attrelid = o.oid JOIN pg_attribute a USING (attname)
  WHERE o.relnamespace = to_regnamespace(:old) AND n.relnamespace = to_regnamespace(:new) AND n.relkind IN ('r', 'v')
    AND a.attrelid = n.oid AND coalesce(a.attacl, b.attacl) IS NOT NULL
  UNION ALL
  SELECT 'FUNCTION', format('%I.%I(%s)', CAST(:new AS text), n.proname, pg_get_function_identity_arguments(n.oid)), n.proowner,
    coalesce(o.proacl, acldefault('f', o.proowner)), coalesce(n.proacl, acldefault('f', n.proowner)), ''
  FROM pg_proc o JOIN pg_proc n USING (proname)
  WHERE o.pronamespace = to_regnamespace(:old) AND n.pronamespace = to_regnamespace(:new)
    AND pg_get_function_identity_arguments(o.oid) = pg_get_function_identity_arguments(n.oid)
), command AS (
  -- to revoke from a table is to revoke from its columns too, so columns come after all else
  SELECT of_columns <> '' AS last, 1 AS step,
    format('REVOKE ALL %s ON %s %s FROM %s CASCADE', of_columns, kind, name, grantee) AS text
  FROM object, LATERAL (
    SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee
    FROM aclexplode(given) a WHERE a.grantee <> owner
  ) now
  WHERE wanted IS DISTINCT FROM given
  UNION ALL
  SELECT of_columns <> '', 2,
    format('GRANT %s%s ON %s %s TO %s%s', a.privilege_type, of_columns, kind, name,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM object, LATERAL aclexplode(wanted) a
  WHERE a.grantee <> owner AND (wanted IS DISTINCT FROM given OR of_columns <> '')
)
SELECT text FROM command ORDER BY last, step, text
