SELECT stable_id('comment', file_id, bstart) AS id, 'comment' AS kind, text, file_id, bstart, bend
FROM libcst_comments
UNION ALL
SELECT stable_id('text', file_id, kind, owner_bend, position) AS id, kind, text, file_id, bstart, bend
FROM libcst_texts
WHERE kind <> 'base'
UNION ALL
SELECT stable_id('syntax_error', file_id, error) AS id, 'syntax_error' AS kind,
       CASE kind WHEN 'missing' THEN concat('missing ', missing) ELSE 'unexpected text' END AS text, file_id, bstart, bend
FROM tree_sitter_errors
WHERE file_id NOT IN (SELECT file_id FROM ast_nodes WHERE node = 0)
UNION ALL
SELECT stable_id('scip_diagnostic', file_id, diagnostic) AS id, 'scip_diagnostic' AS kind, message AS text, file_id, bstart, bend
FROM scip_diagnostics
