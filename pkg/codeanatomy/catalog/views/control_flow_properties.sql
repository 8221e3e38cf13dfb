SELECT id AS entity_id, 'node' AS entity, 'entry' AS key, 'bool' AS type,
       CAST(NULL AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(entry AS BOOLEAN) AS bool_value
FROM blocks
UNION ALL
SELECT id, 'node', 'exit', 'bool', NULL, NULL, exit
FROM blocks
UNION ALL
SELECT id, 'node', 'first_line', 'int', NULL, first_line, NULL
FROM blocks
WHERE first_line IS NOT NULL
UNION ALL
SELECT id, 'node', 'last_line', 'int', NULL, last_line, NULL
FROM blocks
WHERE last_line IS NOT NULL
