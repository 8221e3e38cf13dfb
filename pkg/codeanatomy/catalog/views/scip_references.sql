SELECT DISTINCT used.file_id, used.bstart, used.bend, said.definition_id
FROM scip_occurrences AS used
JOIN scip_definitions AS said ON said.symbol = used.symbol
UNION ALL
SELECT DISTINCT used.file_id, used.bstart, used.bend, definition.id AS definition_id
FROM scip_occurrences AS used
JOIN scip_occurrences AS bound ON bound.file_id = used.file_id AND bound.symbol = used.symbol
JOIN definitions AS definition ON definition.file_id = bound.file_id AND definition.name_bend = bound.bend
WHERE starts_with(used.symbol, 'local ') AND bound.is_definition
