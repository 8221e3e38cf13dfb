SELECT id AS entity_id, 'node' AS entity, 'message' AS key, 'string' AS type, text AS string_value, CAST(NULL AS BIGINT) AS int_value,
       CAST(NULL AS BOOLEAN) AS bool_value
FROM located
WHERE kind IN ('syntax_error', 'scip_diagnostic')
UNION ALL
SELECT stable_id('diagnostic', failure.path, failure.code) AS entity_id, 'node' AS entity, 'message' AS key, 'string' AS type,
       failure.message AS string_value, NULL AS int_value, NULL AS bool_value
FROM extract_errors AS failure
JOIN repo_files AS file ON file.path = failure.path
WHERE failure.stage = 'extraction'
UNION ALL
SELECT stable_id('diagnostic', failure.path, failure.code) AS entity_id, 'node' AS entity, 'severity' AS key, 'string' AS type,
       failure.severity AS string_value, NULL AS int_value, NULL AS bool_value
FROM extract_errors AS failure
JOIN repo_files AS file ON file.path = failure.path
WHERE failure.stage = 'extraction'
