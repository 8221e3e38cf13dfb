SELECT stable_id('defines', id) AS id, 'defines' AS kind, parent_id AS src, id AS dst, syntax_id AS site_id, file_id, path,
       CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend,
       name_line AS line, name_col AS col, name_end_line AS end_line, name_end_col AS end_col,
       CAST(NULL AS VARCHAR) AS label, CAST(NULL AS INT) AS position, 'ast' AS origin
FROM definitions
WHERE parent_id IS NOT NULL
UNION ALL
SELECT stable_id('declares', id), 'declares', syntax_id, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ast'
FROM definitions
WHERE syntax_id IS NOT NULL
UNION ALL
SELECT stable_id('has_parameter', id), 'has_parameter', parent_id, id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, how, position, 'ast'
FROM definitions
WHERE kind = 'parameter'
UNION ALL
SELECT stable_id('has_default', id), 'has_default', id, default_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ast'
FROM definitions
WHERE default_id IS NOT NULL
UNION ALL
SELECT stable_id('has_annotation', id), 'has_annotation', id, annotation_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ast'
FROM definitions
WHERE annotation_id IS NOT NULL
UNION ALL
SELECT stable_id('has_return_annotation', id), 'has_return_annotation', id, returns_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ast'
FROM definitions
WHERE returns_id IS NOT NULL
UNION ALL
SELECT stable_id('inherits', class_id, position, base_id), 'inherits', class_id, base_id, syntax_id, file_id, path, bstart, bend, line, col, end_line, end_col, base,
       position, 'resolver'
FROM inherits
WHERE base_id IS NOT NULL
UNION ALL
SELECT stable_id('mro', class_id, position), 'mro', class_id, ancestor_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, position, 'resolver'
FROM mro
UNION ALL
SELECT stable_id('overrides', method_id, overridden_id), 'overrides', method_id, overridden_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'resolver'
FROM overrides
