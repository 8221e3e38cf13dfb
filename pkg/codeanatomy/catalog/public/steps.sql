SELECT block.parent_id AS function_id, block.qualified_name AS "function", block.path, CAST(block.name AS INT) AS block, step.position AS seq,
       step.line, node.col, node.end_line, node.end_col, node.syntax AS kind, step.origin
FROM cpg_edges AS step
JOIN cpg_nodes AS block ON block.id = step.src
JOIN cpg_nodes AS node ON node.id = step.dst
WHERE step.kind = 'evaluates'
