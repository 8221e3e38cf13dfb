SELECT node.id, node.kind, node.name, node.qualified_name, node.path, coalesce(facts.def_line, token.line, node.line) AS line,
       coalesce(token.col, node.col) AS col, coalesce(token.end_line, node.end_line) AS end_line, coalesce(token.end_col, node.end_col) AS end_col,
       parent.id AS parent_id, parent.qualified_name AS parent, facts.decorators, facts.docstring,
       coalesce(facts.origin, 'ast') AS origin
FROM cpg_nodes AS node
LEFT JOIN cpg_edges AS token ON token.kind = 'defines' AND token.dst = node.id
LEFT JOIN cpg_nodes AS parent ON parent.id = token.src AND parent.kind IN ('module', 'class', 'function', 'lambda')
LEFT JOIN (
    SELECT entity_id, max(CASE WHEN key = 'def_line' THEN int_value END) AS def_line,
           max(CASE WHEN key = 'decorators' THEN string_value END) AS decorators,
           max(CASE WHEN key = 'docstring' THEN string_value END) AS docstring,
           max(CASE WHEN key = 'origin' THEN string_value END) AS origin
    FROM cpg_props
    WHERE entity = 'node' AND key IN ('def_line', 'decorators', 'docstring', 'origin')
    GROUP BY entity_id
) AS facts ON facts.entity_id = node.id
WHERE node.kind IN ('module', 'class', 'function', 'lambda', 'parameter', 'variable', 'attribute', 'type_parameter')
