SELECT stable_id('repository') AS id, 'repository' AS kind, '.' AS name, CAST(NULL AS VARCHAR) AS qualified_name,
       CAST(NULL AS BIGINT) AS file_id, CAST(NULL AS VARCHAR) AS path, CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend,
       CAST(NULL AS INT) AS line, CAST(NULL AS INT) AS col, CAST(NULL AS INT) AS end_line, CAST(NULL AS INT) AS end_col,
       CAST(NULL AS BIGINT) AS parent_id
UNION ALL
SELECT id, 'package' AS kind, name, qualified_name, NULL AS file_id, path, NULL AS bstart, NULL AS bend, NULL AS line,
       NULL AS col, NULL AS end_line, NULL AS end_col, coalesce(parent_id, stable_id('repository')) AS parent_id
FROM modules
WHERE kind = 'package'
UNION ALL
SELECT stable_id('file', path) AS id, 'file' AS kind, regexp_replace(path, '^.*/', '') AS name, NULL AS qualified_name, file_id,
       path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col,
       coalesce(parent_id, stable_id('repository')) AS parent_id
FROM modules
WHERE kind = 'module'
UNION ALL
SELECT id, 'module' AS kind, name, qualified_name, file_id, path, NULL AS bstart, NULL AS bend, CAST(1 AS INT) AS line, CAST(1 AS INT) AS col,
       CAST(1 AS INT) AS end_line, CAST(1 AS INT) AS end_col, stable_id('file', path) AS parent_id
FROM modules
WHERE kind = 'module'
