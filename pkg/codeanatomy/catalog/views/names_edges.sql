SELECT stable_id('scope_parent', id) AS id, 'scope_parent' AS kind, id AS src, parent_id AS dst,
       CAST(NULL AS BIGINT) AS site_id, CAST(NULL AS BIGINT) AS file_id, CAST(NULL AS VARCHAR) AS path,
       CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend,
       CAST(NULL AS INT) AS line, CAST(NULL AS INT) AS col, CAST(NULL AS INT) AS end_line, CAST(NULL AS INT) AS end_col,
       CAST(NULL AS VARCHAR) AS label, CAST(NULL AS INT) AS position, 'symtable' AS origin,
       CAST(NULL AS VARCHAR) AS resolution, CAST(NULL AS DOUBLE) AS confidence, CAST(NULL AS BIGINT) AS ambiguity_group
FROM scopes
WHERE parent_id IS NOT NULL
UNION ALL
SELECT stable_id('scope_of', id), 'scope_of', id, definition_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'symtable', NULL, NULL, NULL
FROM scopes
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('captures', scope_id, definition_id, name), 'captures', scope_id, definition_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, name, NULL,
       'symtable', NULL, NULL, NULL
FROM captures
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('binds', syntax_id, definition_id, how, bstart), 'binds', syntax_id, definition_id, syntax_id, file_id, path, bstart, bend, line, col,
       end_line, end_col, how, NULL, 'ast', NULL, NULL, NULL
FROM bindings
WHERE definition_id IS NOT NULL
UNION ALL
SELECT stable_id('binds_import', syntax_id, name), 'binds_import', syntax_id, scope_id, syntax_id, file_id, path, bstart, bend, line, col, end_line, end_col,
       name, NULL, 'ast', NULL, NULL, NULL
FROM bindings
WHERE definition_id IS NULL AND how = 'import'
UNION ALL
SELECT stable_id('refers', syntax_id, target_id, access, bstart), CASE access WHEN 'write' THEN 'writes' WHEN 'delete' THEN 'deletes' ELSE 'reads' END,
       syntax_id, target_id, syntax_id, file_id, path, bstart, bend, line, col, end_line, end_col, name, NULL, origin, resolution, confidence, ambiguity_group
FROM "references"
