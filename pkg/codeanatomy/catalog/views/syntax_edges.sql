SELECT id, CASE WHEN parent_id IS NULL THEN 'syntax_of' ELSE 'child' END AS kind,
       coalesce(parent_id, stable_id('file', path)) AS src, id AS dst, field AS label, position, 'ast' AS origin
FROM syntax
UNION ALL
SELECT stable_id('next_statement', id), 'next_statement', id, next_id, CAST(NULL AS VARCHAR), CAST(NULL AS INT), 'ast'
FROM syntax
WHERE next_id IS NOT NULL
