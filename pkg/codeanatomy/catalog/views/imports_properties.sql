SELECT syntax_id AS entity_id, 'node' AS entity, 'module' AS key, 'string' AS type,
       CAST(module AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM (SELECT DISTINCT syntax_id, module FROM imports WHERE module IS NOT NULL)
UNION ALL
SELECT syntax_id, 'node', 'imported', 'string', imported_name, NULL, NULL
FROM (SELECT syntax_id, min(name) AS imported_name FROM imports WHERE name IS NOT NULL GROUP BY syntax_id)
UNION ALL
SELECT syntax_id, 'node', 'alias', 'string', alias, NULL, NULL
FROM (SELECT DISTINCT syntax_id, alias FROM imports WHERE alias IS NOT NULL)
