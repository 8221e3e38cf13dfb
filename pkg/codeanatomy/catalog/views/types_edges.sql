SELECT stable_id('has_type', syntax.id, said.type) AS id, 'has_type' AS kind, syntax.id AS src, stable_id('type', said.type) AS dst,
       syntax.id AS site_id, syntax.file_id, syntax.path, syntax.bstart, syntax.bend, syntax.line, syntax.col, syntax.end_line, syntax.end_col,
       'pyrefly' AS origin
FROM types_expressions AS said
JOIN syntax ON syntax.file_id = said.file_id AND syntax.bstart = said.bstart AND syntax.bend = said.bend
WHERE syntax.kind IN ('expression', 'literal', 'docstring', 'reference', 'binding', 'call') AND syntax.field <> 'annotation'
UNION ALL
SELECT stable_id('returns_type', definition.id, said."returns") AS id, 'returns_type' AS kind, definition.id AS src,
       stable_id('type', said."returns") AS dst, NULL AS site_id, NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line,
       NULL AS col, NULL AS end_line, NULL AS end_col, 'pyrefly' AS origin
FROM types_functions AS said
JOIN definitions AS definition ON definition.file_id = said.file_id AND definition.name_bend = said.bend
WHERE definition.kind = 'function'
