SELECT id AS entity_id, 'node' AS entity, 'value' AS key, 'string' AS type,
       CAST(value AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM syntax
WHERE value IS NOT NULL
