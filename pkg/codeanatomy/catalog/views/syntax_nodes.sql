SELECT id, CASE kind WHEN 'type_parameter' THEN 'type_parameter_syntax' ELSE kind END AS kind, name,
       CAST(NULL AS VARCHAR) AS qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col,
       coalesce(parent_id, stable_id('file', path)) AS parent_id, syntax
FROM syntax
UNION ALL
SELECT id, 'comment' AS kind, NULL AS name, NULL AS qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col,
       stable_id('file', path) AS parent_id, NULL AS syntax
FROM located
WHERE kind = 'comment'
