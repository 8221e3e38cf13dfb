SELECT id, CASE WHEN parent_id IS NULL THEN 'syntax_of' ELSE 'child' END AS kind,
       coalesce(parent_id, stable_id('file', path)) AS src, id AS dst, field AS label, position, origin
FROM syntax
UNION ALL
SELECT stable_id('next_statement', id) AS id, 'next_statement' AS kind, id AS src, next_id AS dst,
       CAST(NULL AS VARCHAR) AS label, CAST(NULL AS INT) AS position, origin
FROM syntax
WHERE next_id IS NOT NULL
