SELECT entity_id, entity, key,
       coalesce(string_value, CAST(int_value AS VARCHAR), CASE WHEN bool_value THEN 'true' ELSE 'false' END) AS text
FROM properties
