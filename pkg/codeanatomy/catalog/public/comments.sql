SELECT node.path, node.line, node.col, node.end_line, node.end_col, facts.kind, facts.text, facts.own_line
FROM cpg_nodes AS node
JOIN (
    SELECT entity_id, max(CASE WHEN key = 'comment_kind' THEN string_value END) AS kind,
           max(CASE WHEN key = 'text' THEN string_value END) AS text, bool_or(CASE WHEN key = 'own_line' THEN bool_value END) AS own_line
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('comment_kind', 'text', 'own_line')
    GROUP BY entity_id
) AS facts ON facts.entity_id = node.id
WHERE node.kind = 'comment'
