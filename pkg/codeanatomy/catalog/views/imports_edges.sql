SELECT stable_id('imports', syntax_id, name, target_id) AS id, 'imports' AS kind, syntax_id AS src, target_id AS dst, syntax_id AS site_id,
       file_id, path, bstart, bend, line, col, end_line, end_col, coalesce(name, module) AS label, CASE origin WHEN 'ast' THEN 'resolver' ELSE origin END AS origin,
       target_kind AS resolution
FROM imports
WHERE target_id IS NOT NULL
UNION ALL
SELECT stable_id('provided_by', src, dst) AS id, 'provided_by' AS kind, src, dst, NULL AS site_id, NULL AS file_id, NULL AS path, NULL AS bstart,
       NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col, NULL AS label, 'metadata' AS origin, NULL AS resolution
FROM (
    SELECT DISTINCT external.id AS src, stable_id('distribution', target.distribution) AS dst
    FROM externals AS external
    JOIN python_external AS target ON target.top_level = split_part(external.qualified_name, '.', 1)
    JOIN (
        SELECT top_level, count(DISTINCT distribution) AS providers FROM python_external GROUP BY top_level
    ) AS package ON package.top_level = target.top_level
    WHERE external.kind <> 'builtin' AND target.distribution IS NOT NULL
          AND (package.providers = 1 OR external.qualified_name = target.module OR starts_with(external.qualified_name, concat(target.module, '.')))
)
