SELECT file.path, module.qualified_name AS module, lines.int_value AS lines, bytes.int_value AS bytes, encoding.string_value AS encoding,
       CASE WHEN failed.path IS NULL THEN 'ok' ELSE 'failed' END AS status, parser.string_value AS parser
FROM cpg_nodes AS file
LEFT JOIN cpg_nodes AS module ON module.kind = 'module' AND module.parent_id = file.id
LEFT JOIN cpg_props AS lines ON lines.entity_id = file.id AND lines.entity = 'node' AND lines.key = 'lines'
LEFT JOIN cpg_props AS bytes ON bytes.entity_id = file.id AND bytes.entity = 'node' AND bytes.key = 'bytes'
LEFT JOIN cpg_props AS encoding ON encoding.entity_id = file.id AND encoding.entity = 'node' AND encoding.key = 'encoding'
LEFT JOIN cpg_props AS parser ON parser.entity_id = file.id AND parser.entity = 'node' AND parser.key = 'parser'
LEFT JOIN (
    SELECT DISTINCT diagnostic.path
    FROM cpg_nodes AS diagnostic
    JOIN cpg_props AS severity ON severity.entity_id = diagnostic.id AND severity.entity = 'node' AND severity.key = 'severity'
    WHERE diagnostic.kind = 'diagnostic' AND severity.string_value = 'error'
) AS failed ON failed.path = file.path
WHERE file.kind = 'file'
