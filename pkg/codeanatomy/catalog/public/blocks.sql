SELECT block.parent_id AS function_id, block.qualified_name AS "function", block.path, CAST(block.name AS INT) AS block,
       facts."entry" = 1 AS "entry", facts."exit" = 1 AS "exit", facts.first_line, facts.last_line
FROM cpg_nodes AS block
LEFT JOIN (
    SELECT entity_id, max(CASE WHEN key = 'entry' THEN CAST(bool_value AS INT) END) AS "entry",
           max(CASE WHEN key = 'exit' THEN CAST(bool_value AS INT) END) AS "exit",
           max(CASE WHEN key = 'first_line' THEN int_value END) AS first_line, max(CASE WHEN key = 'last_line' THEN int_value END) AS last_line
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('entry', 'exit', 'first_line', 'last_line')
    GROUP BY entity_id
) AS facts ON facts.entity_id = block.id
WHERE block.kind = 'block'
