SELECT id AS entity_id, 'node' AS entity, 'value' AS key, 'string' AS type,
       CAST(value AS VARCHAR) AS string_value, CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM syntax
WHERE value IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'origin' AS key, 'string' AS type, origin AS string_value, NULL AS int_value, NULL AS bool_value
FROM syntax
WHERE origin <> 'ast'
UNION ALL
SELECT syntax.id AS entity_id, 'node' AS entity, 'written' AS key, 'string' AS type, docstring.text AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM libcst_docstrings AS docstring
JOIN syntax ON syntax.file_id = docstring.file_id AND syntax.bstart = docstring.bstart AND syntax.kind = 'docstring'
UNION ALL
SELECT stable_id('comment', file_id, bstart) AS entity_id, 'node' AS entity, 'text' AS key, 'string' AS type, text AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM libcst_comments
UNION ALL
SELECT stable_id('comment', file_id, bstart) AS entity_id, 'node' AS entity, 'comment_kind' AS key, 'string' AS type, kind AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM libcst_comments
UNION ALL
SELECT stable_id('comment', file_id, bstart) AS entity_id, 'node' AS entity, 'own_line' AS key, 'bool' AS type, NULL AS string_value,
       NULL AS int_value, own_line AS bool_value
FROM libcst_comments
