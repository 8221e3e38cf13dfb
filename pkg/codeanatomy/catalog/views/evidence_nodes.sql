SELECT id, kind, CAST(NULL AS VARCHAR) AS name, CAST(NULL AS VARCHAR) AS qualified_name, file_id, path, bstart, bend, line, col, end_line,
       end_col, stable_id('file', path) AS parent_id
FROM located
WHERE kind = 'syntax_error'
UNION ALL
SELECT stable_id('diagnostic', failure.path, failure.code) AS id, 'diagnostic' AS kind, failure.code AS name, NULL AS qualified_name,
       file.file_id, failure.path, failure.bstart, failure.bend, failure.line, NULL AS col, NULL AS end_line, NULL AS end_col,
       stable_id('file', failure.path) AS parent_id
FROM extract_errors AS failure
JOIN repo_files AS file ON file.path = failure.path
WHERE failure.stage = 'extraction'
UNION ALL
SELECT id, 'diagnostic' AS kind, NULL AS name, NULL AS qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col,
       stable_id('file', path) AS parent_id
FROM located
WHERE kind = 'scip_diagnostic'
UNION ALL
SELECT stable_id('scip_symbol', symbol) AS id, 'scip_symbol' AS kind, symbol AS name, NULL AS qualified_name, NULL AS file_id, NULL AS path,
       NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col, NULL AS parent_id
FROM (
    SELECT symbol FROM scip_definitions
    UNION
    SELECT symbol FROM scip_relationships WHERE NOT starts_with(symbol, 'local ')
    UNION
    SELECT related AS symbol FROM scip_relationships WHERE NOT starts_with(symbol, 'local ')
)
