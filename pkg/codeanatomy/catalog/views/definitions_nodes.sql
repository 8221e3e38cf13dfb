SELECT id, kind, name, qualified_name, file_id, path, bstart, bend, line, col, end_line, end_col, parent_id
FROM definitions
WHERE kind <> 'module'
