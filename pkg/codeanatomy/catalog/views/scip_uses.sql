WITH said AS (
    SELECT DISTINCT said.file_id, said.bstart, said.bend, said.definition_id, used.kind, used.name, used.access, used.bstart AS node_bstart,
           used.bend AS node_bend
    FROM scip_references AS said
    JOIN ast_nodes AS used ON used.file_id = said.file_id AND used.name_bstart = said.bstart AND used.name_bend = said.bend
    JOIN definitions AS definition ON definition.id = said.definition_id AND definition.name = used.name
    WHERE used.kind IN ('Attribute', 'keyword') AND used.name_bend - used.name_bstart = octet_length(used.name)
),
own AS (
    SELECT file_id, bstart, bend, target_id FROM "references"
    UNION ALL
    SELECT own.file_id, own.bstart, own.bend, overrides.overridden_id AS target_id
    FROM "references" AS own
    JOIN overrides ON overrides.method_id = own.target_id
),
agreed AS (
    SELECT DISTINCT said.file_id, said.bstart, said.bend
    FROM said
    JOIN own ON own.file_id = said.file_id AND own.bstart = said.bstart AND own.bend = said.bend AND own.target_id = said.definition_id
),
places AS (
    SELECT DISTINCT file_id, bstart, bend FROM "references"
)
SELECT node.id AS syntax_id, said.definition_id, said.name, coalesce(said.access, 'read') AS access, node.file_id, node.path, said.bstart,
       said.bend, CASE said.kind WHEN 'keyword' THEN node.line ELSE node.end_line END AS line,
       CAST(CASE said.kind WHEN 'keyword' THEN node.col ELSE node.end_col - character_length(said.name) END AS INT) AS col,
       CASE said.kind WHEN 'keyword' THEN node.line ELSE node.end_line END AS end_line,
       CAST(CASE said.kind WHEN 'keyword' THEN node.col + character_length(said.name) ELSE node.end_col END AS INT) AS end_col,
       places.file_id IS NOT NULL AS is_disputed
FROM said
JOIN syntax AS node
    ON node.file_id = said.file_id AND node.bstart = said.node_bstart AND node.bend = said.node_bend AND node.syntax = said.kind
LEFT JOIN places ON places.file_id = said.file_id AND places.bstart = said.bstart AND places.bend = said.bend
LEFT ANTI JOIN agreed ON agreed.file_id = said.file_id AND agreed.bstart = said.bstart AND agreed.bend = said.bend
