SELECT site_id AS entity_id, 'node' AS entity, 'callee_text' AS key, 'string' AS type,
       CAST(callee_text AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM call_facts
WHERE callee_text IS NOT NULL
UNION ALL
SELECT site_id AS entity_id, 'node' AS entity, 'status' AS key, 'string' AS type, status AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM call_facts
UNION ALL
SELECT site_id AS entity_id, 'node' AS entity, 'reason' AS key, 'string' AS type, reason AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM call_facts
WHERE reason IS NOT NULL
UNION ALL
SELECT site_id AS entity_id, 'node' AS entity, 'targets' AS key, 'int' AS type, NULL AS string_value, targets AS int_value,
       NULL AS bool_value
FROM call_facts
WHERE targets <> CASE status WHEN 'unresolved' THEN 0 ELSE 1 END
UNION ALL
SELECT site_id AS entity_id, 'node' AS entity, 'caller' AS key, 'int' AS type, NULL AS string_value, caller_id AS int_value,
       NULL AS bool_value
FROM call_facts
