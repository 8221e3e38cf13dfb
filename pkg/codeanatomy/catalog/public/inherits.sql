SELECT class.id AS class_id, class.qualified_name AS "class", edge.label AS base, base.id AS base_id, edge.position
FROM cpg_edges AS edge
JOIN cpg_nodes AS class ON class.id = edge.src
JOIN cpg_nodes AS base ON base.id = edge.dst
WHERE edge.kind = 'inherits'
