SELECT file_id, call, definition, bstart, bend, callee_bstart, callee_bend, callee
FROM tree_sitter_calls
WHERE file_id NOT IN (SELECT file_id FROM ast_nodes WHERE node = 0)
