SELECT definition.id AS definition_id, definition.name, edge.label AS how, edge.path, edge.line, edge.col, edge.end_line, edge.end_col,
       definition.parent_id AS scope_id
FROM cpg_edges AS edge
JOIN cpg_nodes AS definition ON definition.id = edge.dst
WHERE edge.kind = 'binds'
UNION ALL
SELECT CAST(NULL AS BIGINT) AS definition_id, edge.label AS name, 'import' AS how, edge.path, edge.line, edge.col, edge.end_line, edge.end_col,
       coalesce(owner.dst, edge.dst) AS scope_id
FROM cpg_edges AS edge
LEFT JOIN cpg_edges AS owner ON owner.src = edge.dst AND owner.kind = 'scope_of'
WHERE edge.kind = 'binds_import'
