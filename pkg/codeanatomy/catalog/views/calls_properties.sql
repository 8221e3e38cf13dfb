SELECT site_id AS entity_id, 'node' AS entity, 'callee_text' AS key, 'string' AS type,
       CAST(callee_text AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM call_sites
WHERE callee_text IS NOT NULL
UNION ALL
SELECT site_id, 'node', 'status', 'string', status, NULL, NULL
FROM call_sites
UNION ALL
SELECT site_id, 'node', 'reason', 'string', reason, NULL, NULL
FROM call_sites
WHERE reason IS NOT NULL
UNION ALL
SELECT site_id, 'node', 'targets', 'int', NULL, targets, NULL
FROM call_sites
UNION ALL
SELECT site_id, 'node', 'caller', 'int', NULL, caller_id, NULL
FROM call_sites
