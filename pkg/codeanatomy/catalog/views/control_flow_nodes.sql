SELECT id, 'code_object' AS kind, name, qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col, parent_id
FROM compiled_code
UNION ALL
SELECT id, 'block' AS kind, CAST(block AS VARCHAR) AS name, "function" AS qualified_name, file_id, path, bstart, bend, first_line AS line,
       CAST(NULL AS INT) AS col, last_line AS end_line, CAST(NULL AS INT) AS end_col, function_id AS parent_id
FROM blocks
