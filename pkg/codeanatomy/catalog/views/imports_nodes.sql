SELECT id, kind, name, qualified_name
FROM externals
UNION ALL
SELECT DISTINCT checked.callee_id AS id, CASE WHEN starts_with(checked.name, 'builtins.') THEN 'builtin' ELSE 'external_symbol' END AS kind,
       regexp_replace(checked.name, '^.*\.', '') AS name, checked.name AS qualified_name
FROM checked_calls AS checked
LEFT ANTI JOIN externals ON externals.id = checked.callee_id
WHERE checked.name IS NOT NULL
UNION ALL
SELECT id, 'distribution' AS kind, name, NULL AS qualified_name
FROM distributions
