SELECT node.path, node.line, facts.module, CASE WHEN facts.imported = '*' THEN coalesce(edge.label, '*') ELSE facts.imported END AS name, facts.alias,
       target.qualified_name AS target,
       CASE WHEN edge.id IS NULL THEN 'unresolved' ELSE edge.resolution END AS target_kind,
       provider.name AS distribution, version.string_value AS version,
       coalesce(facts.origin, 'ast') AS origin
FROM cpg_nodes AS node
LEFT JOIN (
    SELECT entity_id, max(CASE WHEN key = 'module' THEN string_value END) AS module,
           max(CASE WHEN key = 'imported' THEN string_value END) AS imported, max(CASE WHEN key = 'alias' THEN string_value END) AS alias,
           max(CASE WHEN key = 'origin' THEN string_value END) AS origin
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('module', 'imported', 'alias', 'origin')
    GROUP BY entity_id
) AS facts ON facts.entity_id = node.id
LEFT JOIN cpg_edges AS edge ON edge.kind = 'imports' AND edge.src = node.id
LEFT JOIN cpg_nodes AS target ON target.id = edge.dst
LEFT JOIN cpg_edges AS provided ON provided.kind = 'provided_by' AND provided.src = edge.dst
LEFT JOIN cpg_nodes AS provider ON provider.id = provided.dst
LEFT JOIN cpg_props AS version ON version.entity_id = provider.id AND version.entity = 'node' AND version.key = 'version'
WHERE node.kind = 'import'
