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
UNION ALL
SELECT stable_id('file', path) AS entity_id, 'node' AS entity, 'parser' AS key, 'string' AS type, origin AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM syntax
WHERE parent_id IS NULL
UNION ALL
SELECT stable_id('file', file.path) AS entity_id, 'node' AS entity, 'indent' AS key, 'string' AS type, layout.indent AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM libcst_modules AS layout
JOIN repo_files AS file ON file.file_id = layout.file_id
