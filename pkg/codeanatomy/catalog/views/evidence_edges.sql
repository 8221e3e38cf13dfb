SELECT stable_id('reported_on', id) AS id, 'reported_on' AS kind, id AS src, stable_id('file', path) AS dst, CAST(NULL AS VARCHAR) AS label, 'tree_sitter' AS origin
FROM located
WHERE kind = 'syntax_error'
UNION ALL
SELECT stable_id('reported_on', stable_id('diagnostic', failure.path, failure.code)) AS id, 'reported_on' AS kind,
       stable_id('diagnostic', failure.path, failure.code) AS src, stable_id('file', failure.path) AS dst, NULL AS label,
       failure.extractor AS origin
FROM extract_errors AS failure
JOIN repo_files AS file ON file.path = failure.path
WHERE failure.stage = 'extraction'
UNION ALL
SELECT stable_id('reported_on', id) AS id, 'reported_on' AS kind, id AS src, stable_id('file', path) AS dst, NULL AS label, 'scip' AS origin
FROM located
WHERE kind = 'scip_diagnostic'
UNION ALL
SELECT stable_id('same_entity_as', symbol, definition_id) AS id, 'same_entity_as' AS kind, stable_id('scip_symbol', symbol) AS src,
       definition_id AS dst, NULL AS label, 'scip' AS origin
FROM scip_definitions
UNION ALL
SELECT stable_id('scip_relationship', symbol, related) AS id, 'scip_relationship' AS kind, stable_id('scip_symbol', symbol) AS src,
       stable_id('scip_symbol', related) AS dst, min(label) AS label, 'scip' AS origin
FROM (
    SELECT symbol, related,
           CASE WHEN is_implementation THEN 'implementation' WHEN is_reference THEN 'reference' WHEN is_type_definition THEN 'type'
                ELSE 'definition' END AS label
    FROM scip_relationships
    WHERE NOT starts_with(symbol, 'local ')
)
GROUP BY symbol, related
