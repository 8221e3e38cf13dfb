SELECT id AS entity_id, 'node' AS entity, 'scope_kind' AS key, 'string' AS type, kind AS string_value,
       CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM scopes
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'symbols' AS key, 'string' AS type, symbols AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM scopes
