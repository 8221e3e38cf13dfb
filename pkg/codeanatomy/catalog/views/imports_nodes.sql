SELECT id, kind, name, qualified_name
FROM externals
