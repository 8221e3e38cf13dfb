SELECT stable_id('imports', syntax_id, name, target_id) AS id, 'imports' AS kind, syntax_id AS src, target_id AS dst, syntax_id AS site_id,
       file_id, path, bstart, bend, line, col, end_line, end_col, coalesce(name, module) AS label, 'resolver' AS origin,
       target_kind AS resolution
FROM imports
WHERE target_id IS NOT NULL
