SELECT block.parent_id AS function_id, block.qualified_name AS "function", block.path, CAST(block.name AS INT) AS block,
       coalesce(facts.entries, 0) = 1 AS "entry", coalesce(facts.exits, 0) = 1 AS "exit", block.line AS first_line, block.end_line AS last_line,
       holder.origin
FROM cpg_nodes AS block
JOIN cpg_edges AS holder ON holder.dst = block.id AND holder.kind = 'has_block'
LEFT JOIN (
    SELECT entity_id, count(CASE WHEN key = 'entry' THEN 1 END) AS entries, count(CASE WHEN key = 'exit' THEN 1 END) AS exits
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('entry', 'exit')
    GROUP BY entity_id
) AS facts ON facts.entity_id = block.id
WHERE block.kind = 'block'
