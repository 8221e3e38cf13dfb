SELECT edge.path, edge.line, edge.col, edge.end_line, edge.end_col, subject.name AS subject, target.name AS type, FALSE AS declared, edge.origin
FROM cpg_edges AS edge
JOIN cpg_nodes AS subject ON subject.id = edge.src
JOIN cpg_nodes AS target ON target.id = edge.dst
WHERE edge.kind = 'has_type'
UNION ALL
SELECT written.path, coalesce(edge.line, written.line) AS line, coalesce(edge.col, written.col) AS col,
       coalesce(edge.end_line, written.end_line) AS end_line, coalesce(edge.end_col, written.end_col) AS end_col,
       coalesce(subject.qualified_name, subject.name) AS subject,
       coalesce(edge.label, CASE written.syntax WHEN 'Name' THEN written.name END) AS type, TRUE AS declared, edge.origin
FROM cpg_edges AS edge
JOIN cpg_nodes AS subject ON subject.id = edge.src
JOIN cpg_nodes AS written ON written.id = edge.dst
WHERE edge.kind IN ('has_annotation', 'has_return_annotation')
