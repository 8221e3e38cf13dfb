SELECT method.id AS method_id, method.qualified_name AS method, overridden.id AS overridden_id, overridden.qualified_name AS overridden
FROM cpg_edges AS edge
JOIN cpg_nodes AS method ON method.id = edge.src
JOIN cpg_nodes AS overridden ON overridden.id = edge.dst
WHERE edge.kind = 'overrides'
