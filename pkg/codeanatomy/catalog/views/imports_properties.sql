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
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'interface_kind' AS key, 'string' AS type, kind AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE kind IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'signature' AS key, 'string' AS type, signature AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE signature IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'annotation' AS key, 'string' AS type, annotation AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE annotation IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'defined_in' AS key, 'string' AS type, defined_in AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE defined_in IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'external_path' AS key, 'string' AS type, path AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE path IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'external_line' AS key, 'int' AS type, NULL AS string_value, CAST(line AS BIGINT) AS int_value, NULL AS bool_value
FROM known_externals
WHERE line IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'docstring' AS key, 'string' AS type, docstring AS string_value, NULL AS int_value, NULL AS bool_value
FROM known_externals
WHERE docstring IS NOT NULL
