SELECT reader.name AS variable, owner.id AS function_id, owner.qualified_name AS "function", source.path,
       coalesce(token.line, stored.line, source.line) AS def_line, coalesce(token.col, stored.col, source.col) AS def_col, edge.path AS use_path, edge.line AS use_line, edge.col AS use_col, edge.label AS kind
FROM cpg_edges AS edge
JOIN cpg_nodes AS source ON source.id = edge.src
JOIN cpg_nodes AS reader ON reader.id = edge.dst
LEFT JOIN cpg_edges AS token ON token.src = edge.src AND token.kind IN ('binds', 'binds_import')
LEFT JOIN cpg_nodes AS bound ON bound.id = token.dst AND token.kind = 'binds'
LEFT JOIN cpg_edges AS holder ON holder.src = token.dst AND holder.kind = 'scope_of'
LEFT JOIN (
    SELECT store.src, min(store.line) AS line, min(store.col) AS col,
           CASE count(DISTINCT attribute.parent_id) WHEN 1 THEN max(attribute.parent_id) END AS holder
    FROM cpg_edges AS store
    JOIN cpg_nodes AS attribute ON attribute.id = store.dst AND attribute.kind = 'attribute'
    WHERE store.kind = 'writes'
    GROUP BY store.src
) AS stored ON stored.src = edge.src
LEFT JOIN cpg_nodes AS module ON module.file_id = source.file_id AND module.kind = 'module'
LEFT JOIN cpg_nodes AS owner ON owner.id = coalesce(holder.dst, bound.parent_id, token.dst, stored.holder, module.id)
WHERE edge.kind = 'reaches'
UNION ALL
SELECT parameter.name AS variable, callee.id AS function_id, callee.qualified_name AS "function", edge.path, edge.line AS def_line, edge.col AS def_col,
       parameter.path AS use_path, parameter.line AS use_line, parameter.col AS use_col, 'argument' AS kind
FROM cpg_edges AS edge
JOIN cpg_nodes AS parameter ON parameter.id = edge.dst
JOIN cpg_nodes AS callee ON callee.id = parameter.parent_id
WHERE edge.kind = 'argument_to_parameter'
UNION ALL
SELECT CAST(NULL AS VARCHAR) AS variable, callee.id AS function_id, callee.qualified_name AS "function", source.path, source.line AS def_line,
       source.col AS def_col, site.path AS use_path, site.line AS use_line, site.col AS use_col, CASE edge.kind WHEN 'yields_to' THEN 'yield' ELSE 'return' END AS kind
FROM cpg_edges AS edge
JOIN cpg_nodes AS callee ON callee.id = edge.src
JOIN cpg_nodes AS source ON source.id = edge.site_id
JOIN cpg_nodes AS site ON site.id = edge.dst
WHERE edge.kind IN ('returns_to', 'yields_to')
