SELECT DISTINCT site.site_id, definition.id AS callee_id, CAST(NULL AS VARCHAR) AS name
FROM call_sites AS site
JOIN types_calls AS said ON said.file_id = site.file_id AND said.bstart = site.bstart AND said.bend = site.bend
JOIN types_functions AS function ON function.file_id = said.target_file_id AND function.function = said.function
JOIN definitions AS definition ON definition.file_id = function.file_id AND definition.name_bend = function.bend
WHERE said.site = 'call' AND said.role IN ('call', 'init', 'new') AND definition.kind = 'function'
UNION ALL
SELECT DISTINCT site_id, stable_id('external', name) AS callee_id, name
FROM (
    SELECT site.site_id, concat(coalesce(said.receiver, said.module), '.', said.name) AS name
    FROM call_sites AS site
    JOIN types_calls AS said ON said.file_id = site.file_id AND said.bstart = site.bstart AND said.bend = site.bend
    WHERE said.site = 'call' AND said.role IN ('call', 'init') AND said.target_file_id IS NULL AND site.status IN ('unresolved', 'ambiguous')
          AND (said.receiver IS NULL OR starts_with(said.receiver, concat(said.module, '.'))) AND said.name <> '__init__'
)
