SELECT target.id AS definition_id, target.qualified_name AS definition, edge.position, edge.label AS text, edge.path, edge.line, edge.col,
       edge.end_line, edge.end_col
FROM cpg_edges AS edge
JOIN cpg_nodes AS target ON target.id = edge.dst
WHERE edge.kind = 'decorates'
