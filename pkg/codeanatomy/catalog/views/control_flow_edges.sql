SELECT stable_id('code_of', id) AS id, 'code_of' AS kind, id AS src, definition_id AS dst, path, CAST(NULL AS INT) AS line,
       'bytecode' AS origin
FROM compiled_code
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('has_block', id) AS id, 'has_block' AS kind, code_id AS src, id AS dst, path, NULL AS line,
       'bytecode' AS origin
FROM blocks
UNION ALL
SELECT stable_id('flow', kind, src_id, dst_id) AS id, kind, src_id AS src, dst_id AS dst, path, src_line AS line,
       'bytecode' AS origin
FROM flow
