SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'bytes' AS key, 'int' AS type,
       CAST(NULL AS VARCHAR) AS string_value, CAST(size AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM repo_files
UNION ALL
SELECT stable_id('file', path), 'node', 'sha256', 'string', sha256, NULL, NULL
FROM repo_files
UNION ALL
SELECT stable_id('file', path), 'node', 'encoding', 'string', encoding, NULL, NULL
FROM repo_files
UNION ALL
SELECT stable_id('file', path), 'node', 'newline', 'string', newline, NULL, NULL
FROM repo_files
UNION ALL
SELECT stable_id('file', path), 'node', 'lines', 'int', NULL, lines, NULL
FROM repo_files
UNION ALL
SELECT stable_id('file', path), 'node', 'is_test', 'bool', NULL, NULL, is_test
FROM repo_files
