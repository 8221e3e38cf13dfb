SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'bytes' AS key, 'int' AS type,
       CAST(NULL AS VARCHAR) AS string_value, CAST(size AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'sha256' AS key, 'string' AS type, sha256 AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'encoding' AS key, 'string' AS type, encoding AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'newline' AS key, 'string' AS type, newline AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'lines' AS key, 'int' AS type, NULL AS string_value,
       lines AS int_value, NULL AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'is_test' AS key, 'bool' AS type, NULL AS string_value,
       NULL AS int_value, is_test AS bool_value
FROM repo_files
