SELECT id, 'scope' AS kind, name, CAST(NULL AS VARCHAR) AS qualified_name, file_id, path,
       bstart, bend, line, col, end_line, end_col, parent_id
FROM scopes
