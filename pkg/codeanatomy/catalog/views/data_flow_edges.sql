SELECT stable_id('reaches', source_id, target_id) AS id, 'reaches' AS kind, source_id AS src, target_id AS dst, target_id AS site_id,
       file_id, path, bstart, bend, line, col, end_line, end_col, kind AS label, CAST(NULL AS INT) AS position, origin
FROM data_flow
WHERE kind NOT IN ('return', 'yield')
UNION ALL
SELECT stable_id('returns_to', source_id, target_id) AS id, 'returns_to' AS kind, function_id AS src, target_id AS dst, source_id AS site_id,
       NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col,
       NULL AS label, NULL AS position, origin
FROM data_flow
WHERE kind = 'return'
UNION ALL
SELECT stable_id('yields_to', source_id, target_id) AS id, 'yields_to' AS kind, function_id AS src, target_id AS dst, source_id AS site_id,
       NULL AS file_id, NULL AS path, NULL AS bstart, NULL AS bend, NULL AS line, NULL AS col, NULL AS end_line, NULL AS end_col,
       NULL AS label, NULL AS position, origin
FROM data_flow
WHERE kind = 'yield'
UNION ALL
SELECT stable_id('argument_to_parameter', argument_id, parameter_id) AS id, 'argument_to_parameter' AS kind, argument_id AS src,
       parameter_id AS dst, site_id, file_id, path, bstart, bend, line, col, end_line, end_col, keyword AS label, position, origin
FROM arguments
