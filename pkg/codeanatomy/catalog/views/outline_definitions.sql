SELECT file_id, definition, parent, kind, bstart, bend, name, name_bstart, name_bend
FROM tree_sitter_definitions
WHERE file_id NOT IN (SELECT file_id FROM ast_nodes WHERE node = 0)
