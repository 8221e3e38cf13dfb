SELECT stable_id('defines', id) AS id, 'defines' AS kind, parent_id AS src, id AS dst, syntax_id AS site_id, file_id, path,
       CAST(NULL AS INT) AS bstart, CAST(NULL AS INT) AS bend, name_line AS line, name_col AS col, name_end_line AS end_line,
       name_end_col AS end_col, CAST(NULL AS VARCHAR) AS label, CAST(NULL AS INT) AS position, origin
FROM definitions
WHERE parent_id IS NOT NULL
UNION ALL
SELECT stable_id('declares', id) AS id, 'declares' AS kind, syntax_id AS src, id AS dst, NULL AS site_id, NULL AS file_id,
       NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col, NULL AS label,
       NULL AS position, origin
FROM definitions
WHERE syntax_id IS NOT NULL
UNION ALL
SELECT stable_id('has_parameter', id) AS id, 'has_parameter' AS kind, parent_id AS src, id AS dst, NULL AS site_id,
       NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line,
       NULL AS end_col, how AS label, position, origin
FROM definitions
WHERE kind = 'parameter'
UNION ALL
SELECT stable_id('has_default', definition.id) AS id, 'has_default' AS kind, definition.id AS src, definition.default_id AS dst,
       definition.default_id AS site_id, written.file_id, written.path, written.bstart, written.bend, written.line, written.col,
       written.end_line, written.end_col, written.text AS label, NULL AS position, 'ast' AS origin
FROM definitions AS definition
LEFT JOIN located AS written ON written.id = stable_id('text', definition.file_id, 'default', definition.name_bend, 0)
WHERE definition.default_id IS NOT NULL
UNION ALL
SELECT stable_id('has_annotation', definition.id) AS id, 'has_annotation' AS kind, definition.id AS src, definition.annotation_id AS dst,
       definition.annotation_id AS site_id, written.file_id, written.path, written.bstart, written.bend, written.line, written.col,
       written.end_line, written.end_col, written.text AS label, NULL AS position, 'ast' AS origin
FROM definitions AS definition
LEFT JOIN located AS written ON written.id = stable_id('text', definition.file_id, 'annotation', definition.name_bend, 0)
WHERE definition.annotation_id IS NOT NULL
UNION ALL
SELECT stable_id('has_annotation', target.id) AS id, 'has_annotation' AS kind, target.id AS src, annotation.id AS dst,
       annotation.id AS site_id, written.file_id, written.path, written.bstart, written.bend, written.line, written.col,
       written.end_line, written.end_col, written.text AS label, NULL AS position, 'ast' AS origin
FROM syntax AS annotation
JOIN syntax AS target ON target.parent_id = annotation.parent_id AND target.field = 'target'
LEFT JOIN located AS written ON written.id = stable_id('text', target.file_id, 'annotation', target.bend, 0)
LEFT ANTI JOIN definitions AS definition ON definition.annotation_id = annotation.id
WHERE annotation.field = 'annotation'
UNION ALL
SELECT stable_id('has_return_annotation', definition.id) AS id, 'has_return_annotation' AS kind, definition.id AS src, definition.returns_id AS dst,
       definition.returns_id AS site_id, written.file_id, written.path, written.bstart, written.bend, written.line, written.col,
       written.end_line, written.end_col, written.text AS label, NULL AS position, 'ast' AS origin
FROM definitions AS definition
LEFT JOIN located AS written ON written.id = stable_id('text', definition.file_id, 'return', definition.name_bend, 0)
WHERE definition.returns_id IS NOT NULL
UNION ALL
SELECT stable_id('inherits', class_id, position, base_id) AS id, 'inherits' AS kind, class_id AS src, base_id AS dst,
       syntax_id AS site_id, file_id, path, bstart, bend, line, col, end_line, end_col, base AS label, position,
       'resolver' AS origin
FROM inherits
WHERE base_id IS NOT NULL
UNION ALL
SELECT stable_id('mro', class_id, position) AS id, 'mro' AS kind, class_id AS src, ancestor_id AS dst, NULL AS site_id,
       NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line,
       NULL AS end_col, NULL AS label, position, 'resolver' AS origin
FROM mro
UNION ALL
SELECT stable_id('overrides', method_id, overridden_id) AS id, 'overrides' AS kind, method_id AS src, overridden_id AS dst,
       NULL AS site_id, NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col,
       NULL AS end_line, NULL AS end_col, NULL AS label, NULL AS position, 'resolver' AS origin
FROM overrides
UNION ALL
SELECT stable_id('decorates', syntax.id) AS id, 'decorates' AS kind, syntax.id AS src, definition.id AS dst, syntax.id AS site_id,
       syntax.file_id, syntax.path, coalesce(written.bstart, syntax.bstart) AS bstart, coalesce(written.bend, syntax.bend) AS bend,
       coalesce(written.line, syntax.line) AS line, coalesce(written.col, syntax.col) AS col,
       coalesce(written.end_line, syntax.end_line) AS end_line, coalesce(written.end_col, syntax.end_col) AS end_col,
       written.text AS label, syntax.position, syntax.origin
FROM syntax
JOIN definitions AS definition ON definition.syntax_id = syntax.parent_id AND definition.kind IN ('class', 'function')
LEFT JOIN located AS written ON written.id = stable_id('text', definition.file_id, 'decorator', definition.name_bend, syntax.position)
WHERE syntax.field = 'decorator_list'
UNION ALL
SELECT stable_id('documents', docstring_id) AS id, 'documents' AS kind, docstring_id AS src, id AS dst, docstring_id AS site_id, NULL AS file_id,
       NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col, NULL AS label,
       NULL AS position, origin
FROM definitions
WHERE docstring_id IS NOT NULL
