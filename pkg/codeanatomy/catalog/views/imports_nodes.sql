SELECT id, kind, name, qualified_name
FROM externals
UNION ALL
SELECT id, 'distribution' AS kind, name, NULL AS qualified_name
FROM distributions
