SELECT syntax_id AS entity_id, 'node' AS entity, 'module' AS key, 'string' AS type, CAST(module AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM (SELECT DISTINCT syntax_id, module FROM imports WHERE module IS NOT NULL)
UNION ALL
SELECT syntax_id AS entity_id, 'node' AS entity, 'imported' AS key, 'string' AS type, imported_name AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM (SELECT syntax_id, min(name) AS imported_name FROM imports WHERE name IS NOT NULL GROUP BY syntax_id)
UNION ALL
SELECT syntax_id AS entity_id, 'node' AS entity, 'alias' AS key, 'string' AS type, alias AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM (SELECT DISTINCT syntax_id, alias FROM imports WHERE alias IS NOT NULL)
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'version' AS key, 'string' AS type, version AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE version IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'found' AS key, 'string' AS type, found AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE found IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'specifier' AS key, 'string' AS type, specifier AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE specifier IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'declared_in' AS key, 'string' AS type, declared_in AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE declared_in IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'declared_line' AS key, 'int' AS type, NULL AS string_value, CAST(declared_line AS BIGINT) AS int_value, NULL AS bool_value
FROM distributions
WHERE declared_line IS NOT NULL
