SELECT stable_id('type', type) AS id, 'type' AS kind, type AS name
FROM (SELECT type FROM types_expressions UNION SELECT "returns" AS type FROM types_functions)
