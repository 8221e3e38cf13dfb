SELECT stable_id('contains', id) AS id, 'contains' AS kind, coalesce(parent_id, stable_id('repository')) AS src,
       CASE WHEN kind = 'module' THEN stable_id('file', path) ELSE id END AS dst, 'scan' AS origin
FROM modules
UNION ALL
SELECT stable_id('module_of_file', id) AS id, 'module_of_file' AS kind, stable_id('file', path) AS src, id AS dst,
       'scan' AS origin
FROM modules
WHERE kind = 'module'
