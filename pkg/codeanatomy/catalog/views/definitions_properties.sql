SELECT id AS entity_id, 'node' AS entity, 'def_line' AS key, 'int' AS type,
       CAST(NULL AS VARCHAR) AS string_value, CAST(def_line AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM definitions
WHERE kind <> 'module'
UNION ALL
SELECT id, 'node', 'docstring', 'string', docstring, NULL, NULL
FROM definitions
WHERE docstring IS NOT NULL
UNION ALL
SELECT id, 'node', 'decorators', 'string', decorators, NULL, NULL
FROM definitions
WHERE decorators IS NOT NULL
UNION ALL
SELECT id, 'node', 'is_async', 'bool', NULL, NULL, is_async
FROM definitions
WHERE kind IN ('function', 'lambda')
UNION ALL
SELECT id, 'node', 'is_generator', 'bool', NULL, NULL, is_generator
FROM definitions
WHERE kind IN ('function', 'lambda')
