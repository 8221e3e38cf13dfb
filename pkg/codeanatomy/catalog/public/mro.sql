SELECT class.id AS class_id, class.qualified_name AS "class", edge.position, ancestor.qualified_name AS ancestor
FROM cpg_edges AS edge
JOIN cpg_nodes AS class ON class.id = edge.src
JOIN cpg_nodes AS ancestor ON ancestor.id = edge.dst
WHERE edge.kind = 'mro'
