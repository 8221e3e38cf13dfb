SELECT entity_id, entity, array_agg(key ORDER BY key) AS "keys",
       array_agg(coalesce(string_value, CAST(int_value AS VARCHAR), CAST(bool_value AS VARCHAR)) ORDER BY key) AS "values"
FROM properties
GROUP BY entity_id, entity
