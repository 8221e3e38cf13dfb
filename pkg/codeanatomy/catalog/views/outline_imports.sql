SELECT file_id, "import", definition, bstart, bend, level, module, module_bstart, module_bend, name, name_bstart, name_bend, alias, alias_bend
FROM tree_sitter_imports
WHERE file_id NOT IN (SELECT file_id FROM ast_nodes WHERE node = 0)
