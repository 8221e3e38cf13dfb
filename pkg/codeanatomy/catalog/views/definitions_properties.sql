SELECT id AS entity_id, 'node' AS entity, 'def_line' AS key, 'int' AS type, CAST(NULL AS VARCHAR) AS string_value,
       CAST(def_line AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM definitions
WHERE kind <> 'module'
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'docstring' AS key, 'string' AS type, docstring AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM definitions
WHERE docstring IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'decorators' AS key, 'string' AS type, decorators AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM definitions
WHERE decorators IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'is_async' AS key, 'bool' AS type, NULL AS string_value, NULL AS int_value,
       is_async AS bool_value
FROM definitions
WHERE kind IN ('function', 'lambda')
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'is_generator' AS key, 'bool' AS type, NULL AS string_value, NULL AS int_value,
       is_generator AS bool_value
FROM definitions
WHERE kind IN ('function', 'lambda')
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'limits_reached' AS key, 'string' AS type, limits_reached AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM definitions
WHERE limits_reached IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'origin' AS key, 'string' AS type, origin AS string_value, NULL AS int_value, NULL AS bool_value
FROM definitions
WHERE origin <> 'ast' AND kind <> 'module'
