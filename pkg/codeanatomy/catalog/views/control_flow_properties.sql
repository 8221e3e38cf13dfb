SELECT id AS entity_id, 'node' AS entity, 'entry' AS key, 'bool' AS type, CAST(NULL AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, CAST(entry AS BOOLEAN) AS bool_value
FROM blocks
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'exit' AS key, 'bool' AS type, NULL AS string_value, NULL AS int_value,
       exit AS bool_value
FROM blocks
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'first_line' AS key, 'int' AS type, NULL AS string_value, first_line AS int_value,
       NULL AS bool_value
FROM blocks
WHERE first_line IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'last_line' AS key, 'int' AS type, NULL AS string_value, last_line AS int_value,
       NULL AS bool_value
FROM blocks
WHERE last_line IS NOT NULL
