SELECT source.parent_id AS function_id, source.qualified_name AS "function", source.path, CAST(source.name AS INT) AS src_block,
       CAST(target.name AS INT) AS dst_block, edge.kind, edge.line AS src_line, target.line AS dst_line, edge.origin
FROM cpg_edges AS edge
JOIN cpg_nodes AS source ON source.id = edge.src
JOIN cpg_nodes AS target ON target.id = edge.dst
WHERE edge.kind IN ('next', 'true', 'false', 'exception', 'yields', 'awaits')
