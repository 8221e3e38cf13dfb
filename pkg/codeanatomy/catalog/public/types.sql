SELECT edge.path, edge.line, edge.col, edge.end_line, edge.end_col, subject.name AS subject, target.name AS type, FALSE AS declared, edge.origin
FROM cpg_edges AS edge
JOIN cpg_nodes AS subject ON subject.id = edge.src
JOIN cpg_nodes AS target ON target.id = edge.dst
WHERE edge.kind = 'has_type'
UNION ALL
SELECT edge.path, edge.line, edge.col, edge.end_line, edge.end_col, subject.qualified_name AS subject, edge.label AS type, TRUE AS declared,
       edge.origin
FROM cpg_edges AS edge
JOIN cpg_nodes AS subject ON subject.id = edge.src
WHERE edge.kind IN ('has_annotation', 'has_return_annotation') AND edge.label IS NOT NULL
