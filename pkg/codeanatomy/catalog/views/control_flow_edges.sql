SELECT stable_id('code_of', id) AS id, 'code_of' AS kind, id AS src, definition_id AS dst, path, CAST(NULL AS INT) AS line, 'bytecode' AS origin
FROM compiled_code
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('has_block', id), 'has_block', code_id, id, path, NULL, 'bytecode'
FROM blocks
UNION ALL
SELECT stable_id('flow', kind, src_id, dst_id), kind, src_id, dst_id, path, src_line, 'bytecode'
FROM flow
