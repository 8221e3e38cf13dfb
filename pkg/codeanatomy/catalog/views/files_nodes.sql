SELECT stable_id('repository') AS id, 'repository' AS kind, '.' AS name, CAST(NULL AS VARCHAR) AS qualified_name,
       CAST(NULL AS BIGINT) AS file_id, CAST(NULL AS VARCHAR) AS path,
       CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend,
       CAST(NULL AS INT) AS line, CAST(NULL AS INT) AS col, CAST(NULL AS INT) AS end_line, CAST(NULL AS INT) AS end_col,
       CAST(NULL AS BIGINT) AS parent_id
UNION ALL
SELECT id, 'package', name, qualified_name, NULL, path, NULL, NULL, NULL, NULL, NULL, NULL,
       coalesce(parent_id, stable_id('repository'))
FROM modules
WHERE kind = 'package'
UNION ALL
SELECT stable_id('file', path), 'file', regexp_replace(path, '^.*/', ''), NULL, file_id, path, NULL, NULL, NULL, NULL, NULL, NULL,
       coalesce(parent_id, stable_id('repository'))
FROM modules
WHERE kind = 'module'
UNION ALL
SELECT id, 'module', name, qualified_name, file_id, path, NULL, NULL, 1, 1, NULL, NULL, stable_id('file', path)
FROM modules
WHERE kind = 'module'
