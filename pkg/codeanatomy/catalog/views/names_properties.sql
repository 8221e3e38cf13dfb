SELECT id AS entity_id, 'node' AS entity, 'scope_kind' AS key, 'string' AS type, CAST(kind AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM scopes
UNION ALL
SELECT scope_id AS entity_id, 'node' AS entity, 'symbols' AS key, 'string' AS type,
       string_agg(name || ':' || scope_kind, ' ' ORDER BY name) AS string_value, NULL AS int_value, NULL AS bool_value
FROM symbols
GROUP BY scope_id
