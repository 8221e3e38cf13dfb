SELECT file_id, node, name, CASE WHEN kind IN ('AsyncFor', 'AsyncWith', 'TryStar') OR kind LIKE 'Match%' THEN kind ELSE value END AS text
FROM ast_nodes
WHERE (name IS NOT NULL OR value IS NOT NULL OR kind IN ('AsyncFor', 'AsyncWith', 'TryStar') OR kind LIKE 'Match%')
  AND file_id IN (SELECT file_id FROM ast_nodes WHERE node = 0 AND file_id NOT IN (SELECT file_id FROM bytecode_objects WHERE code = 0))
