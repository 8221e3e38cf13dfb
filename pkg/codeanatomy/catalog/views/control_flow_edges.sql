SELECT stable_id('code_of', id) AS id, 'code_of' AS kind, id AS src, definition_id AS dst, path, CAST(NULL AS INT) AS line,
       CAST(NULL AS VARCHAR) AS label, CAST(NULL AS INT) AS position, origin
FROM compiled_code
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('has_block', id) AS id, 'has_block' AS kind, code_id AS src, id AS dst, path, NULL AS line,
       NULL AS label, NULL AS position, origin
FROM blocks
UNION ALL
SELECT stable_id('flow', kind, src_id, dst_id) AS id, kind, src_id AS src, dst_id AS dst, path, src_line AS line,
       NULL AS label, NULL AS position, origin
FROM flow
UNION ALL
SELECT stable_id('evaluates', block_id, seq) AS id, 'evaluates' AS kind, block_id AS src, node_id AS dst, path, line,
       NULL AS label, seq AS position, origin
FROM steps
UNION ALL
SELECT stable_id(kind, src_id, dst_id, coalesce(label, '')) AS id, kind, src_id AS src, dst_id AS dst, path, line,
       label, NULL AS position, origin
FROM dominance
