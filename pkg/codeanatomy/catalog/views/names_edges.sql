SELECT stable_id('scope_parent', id) AS id, 'scope_parent' AS kind, id AS src, parent_id AS dst,
       CAST(NULL AS BIGINT) AS site_id, CAST(NULL AS BIGINT) AS file_id, CAST(NULL AS VARCHAR) AS path,
       CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend, CAST(NULL AS INT) AS line, CAST(NULL AS INT) AS col,
       CAST(NULL AS INT) AS end_line, CAST(NULL AS INT) AS end_col, CAST(NULL AS VARCHAR) AS label,
       CAST(NULL AS INT) AS position, 'symtable' AS origin, CAST(NULL AS VARCHAR) AS resolution,
       CAST(NULL AS DOUBLE) AS confidence, CAST(NULL AS BIGINT) AS ambiguity_group
FROM scopes
WHERE parent_id IS NOT NULL
UNION ALL
SELECT stable_id('scope_of', id) AS id, 'scope_of' AS kind, id AS src, definition_id AS dst, NULL AS site_id, NULL AS file_id,
       NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col, NULL AS label,
       NULL AS position, 'symtable' AS origin, NULL AS resolution, NULL AS confidence, NULL AS ambiguity_group
FROM scopes
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('captures', scope_id, definition_id, name) AS id, 'captures' AS kind, scope_id AS src, definition_id AS dst,
       NULL AS site_id, NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col,
       NULL AS end_line, NULL AS end_col, name AS label, NULL AS position, 'symtable' AS origin, NULL AS resolution,
       NULL AS confidence, NULL AS ambiguity_group
FROM captures
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('binds', syntax_id, definition_id, how, bstart) AS id, 'binds' AS kind, syntax_id AS src, definition_id AS dst,
       syntax_id AS site_id, file_id, path, bstart, bend, line, col, end_line, end_col, how AS label, NULL AS position,
       origin, NULL AS resolution, NULL AS confidence, NULL AS ambiguity_group
FROM bindings
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('binds_import', own.syntax_id, own.name) AS id, 'binds_import' AS kind, own.syntax_id AS src,
       coalesce(own.scope_id, outlined.definition_id) AS dst, own.syntax_id AS site_id, own.file_id, own.path, own.bstart, own.bend, own.line, own.col,
       own.end_line, own.end_col, own.name AS label, NULL AS position, own.origin, NULL AS resolution, NULL AS confidence, NULL AS ambiguity_group
FROM bindings AS own
LEFT JOIN (SELECT DISTINCT syntax_id, definition_id FROM imports WHERE scope_id IS NULL) AS outlined ON outlined.syntax_id = own.syntax_id
WHERE own.definition_id IS NULL AND own.how = 'import' AND coalesce(own.scope_id, outlined.definition_id) IS NOT NULL
UNION ALL
SELECT stable_id('refers', own.syntax_id, own.target_id, own.access, own.bstart) AS id,
       CASE own.access WHEN 'write' THEN 'writes' WHEN 'delete' THEN 'deletes' WHEN 'read' THEN 'reads' ELSE own.access END AS kind,
       own.syntax_id AS src, own.target_id AS dst, own.syntax_id AS site_id, own.file_id, own.path, own.bstart, own.bend, own.line, own.col,
       own.end_line, own.end_col, own.name AS label, NULL AS position,
       CASE WHEN said.definition_id IS NULL THEN own.origin ELSE concat(own.origin, '+scip') END AS origin, own.resolution,
       CASE WHEN said.definition_id IS NULL THEN own.confidence ELSE greatest(own.confidence, $agreed) END AS confidence, own.ambiguity_group
FROM "references" AS own
LEFT JOIN scip_references AS said
    ON said.file_id = own.file_id AND said.bstart = own.bstart AND said.bend = own.bend AND said.definition_id = own.target_id
UNION ALL
SELECT stable_id('refers', syntax_id, definition_id, access, bstart) AS id,
       CASE access WHEN 'write' THEN 'writes' WHEN 'delete' THEN 'deletes' ELSE 'reads' END AS kind,
       syntax_id AS src, definition_id AS dst, syntax_id AS site_id, file_id, path, bstart, bend, line, col, end_line, end_col, name AS label,
       NULL AS position, 'scip' AS origin, 'type' AS resolution, $by_type AS confidence,
       CASE WHEN count(*) OVER (PARTITION BY syntax_id, bstart) > 1 THEN syntax_id END AS ambiguity_group
FROM scip_uses
WHERE NOT is_disputed
UNION ALL
SELECT stable_id('disputes_reference', syntax_id, definition_id, access, bstart) AS id, 'disputes_reference' AS kind, syntax_id AS src,
       definition_id AS dst, syntax_id AS site_id, file_id, path, bstart, bend, line, col, end_line, end_col, name AS label,
       NULL AS position, 'scip' AS origin, 'type' AS resolution, NULL AS confidence, NULL AS ambiguity_group
FROM scip_uses
WHERE is_disputed
