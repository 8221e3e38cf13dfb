SELECT stable_id('reported_on', id) AS id, 'reported_on' AS kind, id AS src, stable_id('file', path) AS dst, 'tree_sitter' AS origin
FROM located
WHERE kind = 'syntax_error'
UNION ALL
SELECT stable_id('reported_on', stable_id('diagnostic', failure.path, failure.code)) AS id, 'reported_on' AS kind,
       stable_id('diagnostic', failure.path, failure.code) AS src, stable_id('file', failure.path) AS dst, failure.extractor AS origin
FROM extract_errors AS failure
JOIN repo_files AS file ON file.path = failure.path
WHERE failure.stage = 'extraction'
