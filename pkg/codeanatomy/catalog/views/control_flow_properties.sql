SELECT id AS entity_id, 'node' AS entity, 'entry' AS key, 'bool' AS type, CAST(NULL AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, entry AS bool_value
FROM blocks
WHERE entry
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'exit' AS key, 'bool' AS type, CAST(NULL AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, exit AS bool_value
FROM blocks
WHERE exit
