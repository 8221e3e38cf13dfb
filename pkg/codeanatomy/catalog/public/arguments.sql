SELECT edge.path, edge.line, edge.col, callee.id AS callee_id, parameter.id AS parameter_id, parameter.name AS parameter, edge.position,
       edge.label AS keyword
FROM cpg_edges AS edge
JOIN cpg_nodes AS parameter ON parameter.id = edge.dst
JOIN cpg_nodes AS callee ON callee.id = parameter.parent_id
WHERE edge.kind = 'argument_to_parameter'
