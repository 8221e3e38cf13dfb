SELECT file_id, bstart, bend, value
FROM ast_nodes
WHERE kind = 'Compare' AND value IN ('Is', 'IsNot')
