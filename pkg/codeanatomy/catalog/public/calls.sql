SELECT caller.id AS caller_id, caller.qualified_name AS caller, edge.path, edge.line, edge.col, edge.end_line, edge.end_col,
       callee.id AS callee_id, callee.qualified_name AS callee,
       CASE callee.kind WHEN 'lambda' THEN 'function' WHEN 'external_symbol' THEN 'external' WHEN 'external_package' THEN 'external'
                        ELSE callee.kind END AS callee_kind,
       callee.path AS callee_path, coalesce(fact.int_value, callee.line) AS callee_line, edge.kind = 'calls_implicitly' AS implicit,
       edge.label AS via, edge.origin, edge.resolution, edge.confidence, edge.ambiguity_group
FROM cpg_edges AS edge
JOIN cpg_nodes AS caller ON caller.id = edge.src
JOIN cpg_nodes AS callee ON callee.id = edge.dst
LEFT JOIN cpg_props AS fact ON fact.entity_id = edge.dst AND fact.entity = 'node' AND fact.key = 'def_line'
WHERE edge.kind IN ('calls', 'calls_implicitly')
