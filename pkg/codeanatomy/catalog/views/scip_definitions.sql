SELECT DISTINCT occurrence.symbol, definition.id AS definition_id
FROM scip_occurrences AS occurrence
JOIN definitions AS definition ON definition.file_id = occurrence.file_id AND definition.name_bend = occurrence.bend
WHERE occurrence.is_definition AND NOT starts_with(occurrence.symbol, 'local ')
      AND (definition.kind = 'module') = (occurrence.bstart = occurrence.bend)
