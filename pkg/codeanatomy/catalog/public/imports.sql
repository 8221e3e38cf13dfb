SELECT node.path, node.line, facts.module, CASE WHEN facts.imported = '*' THEN coalesce(edge.label, '*') ELSE facts.imported END AS name, facts.alias,
       target.qualified_name AS target,
       CASE WHEN edge.id IS NULL THEN 'unresolved' ELSE edge.resolution END AS target_kind,
       CAST(NULL AS VARCHAR) AS distribution, CAST(NULL AS VARCHAR) AS version
FROM cpg_nodes AS node
LEFT JOIN (
    SELECT entity_id, max(CASE WHEN key = 'module' THEN string_value END) AS module,
           max(CASE WHEN key = 'imported' THEN string_value END) AS imported, max(CASE WHEN key = 'alias' THEN string_value END) AS alias
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('module', 'imported', 'alias')
    GROUP BY entity_id
) AS facts ON facts.entity_id = node.id
LEFT JOIN cpg_edges AS edge ON edge.kind = 'imports' AND edge.src = node.id
LEFT JOIN cpg_nodes AS target ON target.id = edge.dst
WHERE node.kind = 'import'
