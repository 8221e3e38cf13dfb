SELECT id, 'code_object' AS kind, name, qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col, parent_id
FROM compiled_code
UNION ALL
SELECT id, 'block', CAST(block AS VARCHAR), "function", file_id, path, bstart, bend, line, col, end_line, end_col, function_id
FROM blocks
