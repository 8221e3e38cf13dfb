SELECT edge.path, edge.line, edge.col, edge.end_line, edge.end_col, edge.label AS name,
       CASE edge.kind WHEN 'writes' THEN 'write' WHEN 'deletes' THEN 'delete' WHEN 'reads' THEN 'read' ELSE edge.kind END AS access,
       target.id AS target_id, target.qualified_name AS target, target.path AS target_path,
       coalesce(bound.line, token.line, target.line) AS target_line, coalesce(bound.col, token.col, target.col) AS target_col, edge.origin,
       edge.confidence
FROM cpg_edges AS edge
JOIN cpg_nodes AS target ON target.id = edge.dst
LEFT JOIN cpg_edges AS token ON token.kind = 'defines' AND token.dst = edge.dst
LEFT JOIN (
    SELECT flow.dst AS reference, binding.dst AS definition, binding.line, binding.col
    FROM cpg_edges AS flow
    JOIN cpg_edges AS binding ON binding.src = flow.src AND binding.kind = 'binds'
    WHERE flow.kind = 'reaches'
) AS bound ON bound.reference = edge.src AND bound.definition = edge.dst AND edge.kind <> 'writes'
WHERE edge.kind IN ('reads', 'writes', 'deletes', 'global', 'nonlocal')
