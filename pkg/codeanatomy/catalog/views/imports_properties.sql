SELECT syntax_id AS entity_id, 'node' AS entity, 'module' AS key, 'string' AS type, CAST(module AS VARCHAR) AS string_value,
       CAST(NULL AS BIGINT) AS int_value, CAST(NULL AS BOOLEAN) AS bool_value
FROM (SELECT DISTINCT syntax_id, module FROM imports WHERE module IS NOT NULL)
UNION ALL
SELECT syntax_id AS entity_id, 'node' AS entity, 'imported' AS key, 'string' AS type, imported_name AS string_value,
       NULL AS int_value, NULL AS bool_value
FROM (SELECT syntax_id, min(name) AS imported_name FROM imports WHERE name IS NOT NULL GROUP BY syntax_id)
UNION ALL
SELECT syntax_id AS entity_id, 'node' AS entity, 'alias' AS key, 'string' AS type, alias AS string_value, NULL AS int_value,
       NULL AS bool_value
FROM (SELECT DISTINCT syntax_id, alias FROM imports WHERE alias IS NOT NULL)
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'version' AS key, 'string' AS type, version AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE version IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'found' AS key, 'string' AS type, found AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE found IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'specifier' AS key, 'string' AS type, specifier AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE specifier IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'declared_in' AS key, 'string' AS type, declared_in AS string_value, NULL AS int_value, NULL AS bool_value
FROM distributions
WHERE declared_in IS NOT NULL
UNION ALL
SELECT id AS entity_id, 'node' AS entity, 'declared_line' AS key, 'int' AS type, NULL AS string_value, CAST(declared_line AS BIGINT) AS int_value, NULL AS bool_value
FROM distributions
WHERE declared_line IS NOT NULL
UNION ALL
SELECT entity_id, 'node' AS entity, key, type, string_value, int_value, NULL AS bool_value
FROM (
    SELECT named.id AS entity_id, known.key, known.type,
           CASE known.key WHEN 'interface_kind' THEN interface.kind WHEN 'signature' THEN interface.signature
                          WHEN 'annotation' THEN interface.annotation WHEN 'defined_in' THEN interface.defined_in
                          WHEN 'external_path' THEN interface.path WHEN 'docstring' THEN interface.docstring END AS string_value,
           CASE known.key WHEN 'external_line' THEN CAST(interface.line AS BIGINT) END AS int_value
    FROM imports_nodes AS named
    JOIN external_interfaces AS interface ON interface.qualified_name = named.qualified_name
    CROSS JOIN (
        VALUES ('interface_kind', 'string'), ('signature', 'string'), ('annotation', 'string'), ('defined_in', 'string'),
               ('external_path', 'string'), ('external_line', 'int'), ('docstring', 'string')
    ) AS known (key, type)
    WHERE named.kind IN ('external_package', 'external_symbol')
)
WHERE string_value IS NOT NULL OR int_value IS NOT NULL
